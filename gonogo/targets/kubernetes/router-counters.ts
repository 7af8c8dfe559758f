import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { countersBy, type InstanceCounters } from '#connectors/prometheus-text/instance-counters.ts'
import type { TextSettings } from '#core/metrics-settings.ts'
import type { HistogramBucket, InstanceSample, MetricSource } from '#core/sample.ts'
import type { Base, SavedState } from './saved-state.ts'
import { nameIn, SLOTS, type Slot } from './slots.ts'

const LIMIT_MS = 1500
const CLOSELY_MS = 25

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
 * The router's own counters: a pod that dies takes no evidence with it. A slot's Service serves one version after another,
 * so what it had counted before counts for none of the later ones.
 */
export type RouterCounters = MetricSource & {
  /** From now on the slot's Service counts for the version that is in it next. */
  rebase(slot: Slot): Promise<void>
  /** Epoch ms of the reading that first had the version's last request; null where none had any. */
  lastRequestAt(version: string): number | null
  /** Reads again and again until it is called off, so that the last request is known to some ms. */
  watchClosely(): () => void
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
  /** The most that was counted of each group; an answer that comes late may have less. */
  const most = new Map<string, number>()
  const lastRequests = new Map<string, number>()
  const names = new Map(SLOTS.map((slot) => [slot, nameOfService(namespace, nameIn(slot, service))]))
  const groupOf = ({ service: name = '' }: Readonly<Record<string, string>>): string | null => {
    for (const [slot, pattern] of names) {
      const place = pattern.exec(name)?.groups?.place
      if (place !== undefined) return `${slot} ${place}`
    }
    return null
  }
  const read = async (signal?: AbortSignal) => {
    const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(signal ? [signal] : [])])
    const answer = await request(url, { signal: limit })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
    // A router that has given no request to anything yet names no metric, and has counted nothing.
    if (!text.includes(TRAEFIK.requests)) return new Map<string, InstanceCounters>()
    return countersBy(text, TRAEFIK, url, groupOf)
  }
  const sample = async (signal?: AbortSignal) => {
    const atMs = Date.now()
    const counted = await read(signal)
    const { bases, versions } = state()
    const bySlot = new Map(Object.values(versions).map((one) => [one.slot, one.workload.version]))
    for (const [group, counters] of counted) {
      const version = bySlot.get(group.split(' ')[0] as Slot)
      if (version === undefined) continue
      const key = `${version} ${group}`
      const seen = { version, instance: group, ...since(counters, bases[group]) }
      if (seen.requests > (most.get(key) ?? 0)) {
        most.set(key, seen.requests)
        lastRequests.set(version, Date.now())
      }
      last.set(key, seen)
    }
    return { atMs, complete: true, instances: [...last.values()] }
  }
  return {
    sample,
    lastRequestAt: (version) => lastRequests.get(version) ?? null,
    watchClosely: () => {
      let isOver = false
      const watching = async () => {
        while (!isOver) {
          // One that fails is followed by the next; that a source is away is the sampler's to say.
          await sample().catch(() => undefined)
          await wait(CLOSELY_MS)
        }
      }
      void watching()
      return () => {
        isOver = true
      }
    },
    remember: async () => {
      await sample()
    },
    rebase: async (slot) => {
      const counted = await read()
      const { bases } = state()
      const ofSlot = (group: string) => group.startsWith(`${slot} `)
      for (const group of Object.keys(bases).filter(ofSlot)) delete bases[group]
      for (const [group, { requests, errors, buckets }] of counted)
        if (ofSlot(group)) bases[group] = { requests, errors, buckets: buckets.map(storable) }
    },
  }
}

/**
 * The router counts each place of a Service in a route by itself (httproute-NAMESPACE-…-svc-NAMESPACE-NAME-PLACE@…), and
 * begins anew when the place changes.
 */
const nameOfService = (namespace: string, name: string): RegExp =>
  new RegExp(`^(?:http|grpc)route-${namespace}-.*-svc-${namespace}-${name}-(?<place>\\d+)@`)

const storable = ({ leMs, count }: HistogramBucket) => ({ leMs: Number.isFinite(leMs) ? leMs : null, count })

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
