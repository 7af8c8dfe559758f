import type { CounterNames } from '#connectors/prometheus-text/instance-counters.ts'
import type { KubernetesConfig } from './config.ts'

type Labels = Readonly<Record<string, string>>

export type RouterKind = {
  /** What it names its counters of each Service that it leads to. */
  readonly names: CounterNames
  /** Stands on its page before anybody asked it for anything, so that a page without counters is known to be its own. */
  readonly always: string
  /** Tells the series of one Service from all others: its place in a route or its port, and null for the others. */
  placesOf(namespace: string, service: string): (labels: Labels) => string | null
  /** When the process that tells began (epoch ms), by its page; null where the page does not say. */
  startedMs(text: string, nowMs: number): number | null
  /** A duration may be told so much later than its request. */
  readonly lateMs: number
}

/** Envoy puts its histograms together every five seconds; its counters are as new as the page. */
const ENVOY_FLUSHES_MS = 5000
const SLACK_MS = 1000

const msIn = (text: string, metric: string): number | null => {
  const value = new RegExp(`^${metric}(?:\\{[^}]*\\})? (?<value>\\S+)`, 'm').exec(text)?.groups?.value
  return value === undefined || !Number.isFinite(Number(value)) ? null : Number(value) * 1000
}

const ENVOY = {
  startedMs: (text, nowMs) => {
    const forMs = msIn(text, 'envoy_server_uptime')
    return forMs === null ? null : nowMs - forMs
  },
  lateMs: ENVOY_FLUSHES_MS + SLACK_MS,
} satisfies Partial<RouterKind>

export const ROUTERS: Readonly<Record<NonNullable<KubernetesConfig['router']>['kind'], RouterKind>> = {
  traefik: {
    names: {
      requests: 'traefik_service_requests_total',
      status: 'code',
      failed: '5..',
      duration: 'traefik_service_request_duration_seconds',
      except: {},
    },
    always: 'traefik_config_reloads_total',
    // It counts each place of a Service in a route by itself, and begins anew when the place changes.
    placesOf: (namespace, service) => {
      const name = new RegExp(
        `^(?:http|grpc)route-${namespace}-.*-svc-${namespace}-${service}-(?<place>\\d+)@`,
      )
      return (labels) => name.exec(labels.service ?? '')?.groups?.place ?? null
    },
    startedMs: (text) => msIn(text, 'process_start_time_seconds'),
    lateMs: 0,
  },
  contour: {
    // What never reached a pod is a 503 or 504 of the Service as well; what a client did not wait for is counted nowhere.
    names: {
      requests: 'envoy_cluster_upstream_rq',
      status: 'envoy_response_code',
      failed: '5..',
      duration: 'envoy_cluster_upstream_rq_time',
      durationUnitMs: 1,
      except: {},
    },
    always: 'envoy_cluster_upstream_rq_total',
    // NAMESPACE_SERVICE_PORT; no name of Kubernetes has an underscore.
    placesOf: (namespace, service) => {
      const name = new RegExp(`^${namespace}_${service}_(?<port>\\d+)$`)
      return (labels) => name.exec(labels.envoy_cluster_name ?? '')?.groups?.port ?? null
    },
    ...ENVOY,
  },
  istio: {
    // 0 is a request that its client did not wait for: a version that hangs is seen by it.
    names: {
      requests: 'istio_requests_total',
      status: 'response_code',
      failed: '5..|0',
      duration: 'istio_request_duration_milliseconds',
      durationUnitMs: 1,
      except: {},
    },
    always: 'istio_build',
    // A gateway is the source of what it sends on; what others report of the same request would count it twice.
    placesOf: (namespace, service) => (labels) =>
      labels.reporter === 'source' &&
      labels.destination_service_namespace === namespace &&
      labels.destination_service_name === service
        ? 'all'
        : null,
    ...ENVOY,
  },
}
