import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { countersBy } from '#connectors/prometheus-text/instance-counters.ts'
import type { TextSettings } from '#core/metrics-settings.ts'
import type { MetricSource } from '#core/sample.ts'
import { type Counted, type RouterLedger, routerLedger } from './router-ledger.ts'
import type { SavedState } from './saved-state.ts'
import { nameIn, SLOTS, type Slot } from './slots.ts'

const LIMIT_MS = 1500
const CLOSELY_MS = 25
/** A router that tells nothing is asked again for so long, where nobody goes back. */
const TRY_FOR_MS = 3000
const TRY_EVERY_MS = 100
/** A close watch that has read anything within this time needs no reading more. */
const JUST_NOW_MS = 1000

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

/** The router's own counters: a pod that dies takes no evidence with it. */
export type RouterCounters = MetricSource &
  Pick<RouterLedger, 'handOver' | 'lastRequestAt'> & {
    /** After a hand-over: reads what was counted before. What it cannot read within seconds, the next reading does. */
    takeBases(): Promise<void>
    /** Reads once more, before a Service leaves the route and the router forgets it. */
    remember(slot: Slot): Promise<void>
    /** What could not be read since this was asked last, and what follows, in words. */
    takeUnread(): string
    /** For as long as somebody goes back: reads again and again, so that the last request is known to some ms. */
    watchClosely(): () => void
  }

type Options = {
  readonly url: string
  readonly namespace: string
  readonly service: string
  state(): SavedState
}

export function routerCounters({ url, namespace, service, state }: Options): RouterCounters {
  const ledger = routerLedger(state)
  const read = reader(url, namespace, service)
  const reading = { begun: 0, newest: 0, atMs: Number.NEGATIVE_INFINITY, problem: 'it was not asked' }
  const unread = new Set<string>()
  let watching = 0
  let patience = new AbortController()
  const sample = async (signal?: AbortSignal) => {
    const atMs = Date.now()
    const [turn, handovers] = [++reading.begun, ledger.handovers()]
    let counted: Counted
    try {
      counted = await read(signal)
    } catch (error) {
      if (!signal?.aborted) reading.problem = (error as Error).message
      throw error
    }
    // A page from before a Service changed hands does not say whose requests are on it; one that is late has fewer.
    const isCurrent = handovers === ledger.handovers()
    if (isCurrent && turn > reading.newest) {
      Object.assign(reading, { newest: turn, atMs: performance.now() })
      ledger.use(counted)
    }
    return { atMs, complete: isCurrent && ledger.isWhole(), instances: ledger.instances() }
  }
  /** Reads until it is done or the time is up. Whoever goes back waits for nothing: the close watch reads beside it. */
  const insist = async (isDone: () => boolean, loss: string) => {
    const { signal } = patience
    const until = performance.now() + TRY_FOR_MS
    while (!isDone()) {
      if (signal.aborted && performance.now() - reading.atMs < JUST_NOW_MS) return
      if (signal.aborted || performance.now() > until) {
        unread.add(`the router told no counters (${reading.problem}): ${loss}`)
        return
      }
      await sample(signal).catch(() => undefined)
      if (!isDone()) await wait(TRY_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
  return {
    sample,
    handOver: ledger.handOver,
    lastRequestAt: ledger.lastRequestAt,
    takeBases: () => {
      const isDone = () => Object.keys(state().unbased).length === 0
      return insist(isDone, 'a version that took a place over is counted from the next reading on')
    },
    remember: (slot) => {
      const { begun } = reading
      const loss = `the last requests to ${nameIn(slot, service)} are counted for nobody`
      return insist(() => reading.newest > begun, loss)
    },
    takeUnread: () => {
      const words = [...unread].join('; ')
      unread.clear()
      return words
    },
    watchClosely: () => {
      let isOver = false
      watching++
      patience.abort()
      const watch = async () => {
        while (!isOver) {
          // One that fails is followed by the next; that a source is away is the sampler's to say.
          await sample().catch(() => undefined)
          await wait(CLOSELY_MS)
        }
      }
      void watch()
      return () => {
        isOver = true
        if (--watching === 0) patience = new AbortController()
      }
    },
  }
}

/** Reads the router's page once. */
function reader(url: string, namespace: string, service: string) {
  const names = new Map(SLOTS.map((slot) => [slot, nameOfService(namespace, nameIn(slot, service))]))
  const groupOf = ({ service: name = '' }: Readonly<Record<string, string>>): string | null => {
    for (const [slot, pattern] of names) {
      const place = pattern.exec(name)?.groups?.place
      if (place !== undefined) return `${slot} ${place}`
    }
    return null
  }
  return async (signal?: AbortSignal): Promise<Counted> => {
    const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(signal ? [signal] : [])])
    const answer = await request(url, { signal: limit })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
    // A router that has given no request to anything yet names no metric, and has counted nothing.
    if (!text.includes(TRAEFIK.requests)) return new Map()
    return countersBy(text, TRAEFIK, url, groupOf)
  }
}

/**
 * The router counts each place of a Service in a route by itself (httproute-NAMESPACE-…-svc-NAMESPACE-NAME-PLACE@…), and
 * begins anew when the place changes.
 */
const nameOfService = (namespace: string, name: string): RegExp =>
  new RegExp(`^(?:http|grpc)route-${namespace}-.*-svc-${namespace}-${name}-(?<place>\\d+)@`)
