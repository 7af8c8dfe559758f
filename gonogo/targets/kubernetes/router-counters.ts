import { request } from 'undici'
import { countersIn, type InstanceCounters } from '#connectors/prometheus-text/instance-counters.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import type { TextSettings } from '#core/metrics-settings.ts'
import type { HistogramBucket, InstanceSample, MetricSource } from '#core/sample.ts'
import type { Base, SavedState } from './saved-state.ts'
import { nameIn, SLOTS, type Slot } from './slots.ts'

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
 * The router's own counters, one sample a version and slot: a pod that dies takes no evidence with it. A slot's Service
 * serves one version after another, so what it had counted before counts for none of the later ones.
 */
export type RouterCounters = MetricSource & {
  /** From now on the slot's Service counts for the version that is in it next. */
  rebase(slot: Slot): Promise<void>
  /** Reads once more, before a Service leaves the route and the router forgets it. */
  remember(): Promise<void>
}

type Options = {
  readonly url: string
  readonly namespace: string
  readonly service: string
  state(): SavedState
}

export function routerCounters({ url, namespace, service, state }: Options): RouterCounters {
  const last = new Map<string, InstanceSample>()
  const read = async (signal?: AbortSignal) => {
    const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(signal ? [signal] : [])])
    const answer = await request(url, { signal: limit })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
    return (slot: Slot): InstanceCounters => {
      const prefix = `${namespace}-${nameIn(slot, service)}-`
      return countersIn(text, TRAEFIK, url, ({ service: name = '' }) => isPortOf(name, prefix))
    }
  }
  const sample = async (signal?: AbortSignal) => {
    const atMs = Date.now()
    const counted = await read(signal)
    const { bases, versions } = state()
    for (const slot of SLOTS) {
      const version = Object.values(versions).find((one) => one.slot === slot)?.workload.version
      const instance = nameIn(slot, service)
      const counters = counted(slot)
      if (version === undefined || counters.buckets.length === 0) continue
      last.set(`${version} ${instance}`, { version, instance, ...since(counters, bases[instance]) })
    }
    return { atMs, complete: true, instances: [...last.values()] }
  }
  return {
    sample,
    remember: async () => {
      await sample()
    },
    rebase: async (slot) => {
      const { requests, errors, buckets } = countedOrNothing(await read(), slot)
      state().bases[nameIn(slot, service)] = {
        requests,
        errors,
        buckets: buckets.map(({ leMs, count }) => ({ leMs: Number.isFinite(leMs) ? leMs : null, count })),
      }
    },
  }
}

/** A router that has given no request to anything yet names no metric, and has counted nothing. */
function countedOrNothing(counted: (slot: Slot) => InstanceCounters, slot: Slot): InstanceCounters {
  try {
    return counted(slot)
  } catch (error) {
    if (!(error instanceof ReadingProblem)) throw error
    return { requests: 0, errors: 0, buckets: [] }
  }
}

/** The router names a Service NAMESPACE-NAME-PORT, and one name may begin with another. */
const isPortOf = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) && /^(\d+|[a-z]+)(@|$)/.test(name.slice(prefix.length))

/** A router that was started again counts from zero: then there is nothing to take off. */
function since(counters: InstanceCounters, base: Base | undefined): InstanceCounters {
  if (!base || counters.requests < base.requests || counters.errors < base.errors) return counters
  const baseCount = (leMs: number): number =>
    base.buckets.find((one) => (one.leMs ?? Number.POSITIVE_INFINITY) === leMs)?.count ?? 0
  const buckets: HistogramBucket[] = counters.buckets.map(({ leMs, count }) => ({
    leMs,
    count: count - baseCount(leMs),
  }))
  if (buckets.some(({ count }) => count < 0)) return counters
  return {
    ...counters,
    requests: counters.requests - base.requests,
    errors: counters.errors - base.errors,
    buckets,
  }
}
