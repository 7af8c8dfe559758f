import { request } from 'undici'
import { countersIn } from '#connectors/prometheus-text/index.ts'
import type { TextSettings } from '#core/metrics-settings.ts'
import type { InstanceSample, MetricSource } from '#core/sample.ts'

const LIMIT_MS = 1500

/** What Traefik names its counters of each Service it leads to. */
const TRAEFIK: TextSettings = {
  source: 'instances',
  path: '/metrics',
  requests: 'traefik_service_requests_total',
  status: 'code',
  failed: '5..',
  duration: 'traefik_service_request_duration_seconds',
  except: {},
}

/**
 * The router's own counters, one sample a version: a pod that dies takes no evidence with it. A Service that left the
 * route keeps the counters it had.
 */
export function routerMetrics(
  url: string,
  namespace: string,
  services: () => ReadonlyMap<string, string>,
): MetricSource {
  const last = new Map<string, InstanceSample>()
  return {
    sample: async (signal) => {
      const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(signal ? [signal] : [])])
      const atMs = Date.now()
      const answer = await request(url, { signal: limit })
      const text = await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
      for (const [version, service] of services()) {
        const isOf = (labels: Readonly<Record<string, string>>) =>
          (labels.service ?? '').startsWith(`${namespace}-${service}-`)
        const counters = countersIn(text, TRAEFIK, url, isOf)
        if (counters.buckets.length > 0) last.set(version, { version, instance: service, ...counters })
      }
      return { atMs, complete: true, instances: [...last.values()] }
    },
  }
}
