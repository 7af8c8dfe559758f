import { setTimeout as wait } from 'node:timers/promises'
import type { MetricSource, Scrape } from '#core/sample.ts'
import type { KubernetesConfig } from './config.ts'
import { ROUTERS } from './router-kinds.ts'
import { type RouterLedger, routerLedger } from './router-ledger.ts'
import { type Page, routerPage } from './router-page.ts'
import type { SavedState } from './saved-state.ts'
import { nameIn, type Slot } from './slots.ts'

const CLOSELY_MS = 25
/** A router that tells nothing is asked again for so long, where nobody goes back. */
const TRY_FOR_MS = 3000
const TRY_EVERY_MS = 250
/** A close watch that has read anything within this time needs no reading more. */
const JUST_NOW_MS = 1000

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

type Once = { readonly ok: true; readonly scrape: Scrape } | { readonly ok: false; readonly error: unknown }

type Options = {
  readonly router: NonNullable<KubernetesConfig['router']>
  readonly namespace: string
  readonly service: string
  state(): SavedState
}

export function routerCounters({ router, namespace, service, state }: Options): RouterCounters {
  const kind = ROUTERS[router.kind]
  const ledger = routerLedger(state, kind.lateMs)
  const read = routerPage(router.metrics, kind, namespace, service)
  const reading = { begun: 0, newest: 0, atMs: Number.NEGATIVE_INFINITY, problem: 'it was not asked' }
  const unread = new Set<string>()
  let watching = 0
  let watchedSinceMs = 0
  let patience = new AbortController()
  /** Reads once. What is wrong with that is an answer: whoever reads on needs no more than to know it. */
  const tryOnce = async (signal?: AbortSignal): Promise<Once> => {
    const atMs = Date.now()
    const [turn, handovers] = [++reading.begun, ledger.handovers()]
    let page: Page
    try {
      page = await read(signal)
    } catch (error) {
      if (!signal?.aborted) reading.problem = (error as Error).message
      return { ok: false, error }
    }
    // A page from before a Service changed hands does not say whose requests are on it; one that is late has fewer.
    const isCurrent = handovers === ledger.handovers()
    if (isCurrent && turn > reading.newest) {
      Object.assign(reading, { newest: turn, atMs: performance.now() })
      ledger.use(page.counted, atMs, page.startedMs)
    }
    const complete = isCurrent && ledger.isWhole()
    return { ok: true, scrape: { atMs, complete, instances: ledger.instances() } }
  }
  /** Reads until it is done or the time is up. Whoever goes back waits for nothing: the close watch reads beside it. */
  const insist = async (isDone: () => boolean, loss: string, forMs = TRY_FOR_MS) => {
    const { signal } = patience
    const hurried = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const until = performance.now() + forMs
    while (!isDone()) {
      const justNowMs = Math.max(watchedSinceMs, performance.now() - JUST_NOW_MS)
      if (signal.aborted && reading.atMs > justNowMs) return
      if (signal.aborted || performance.now() > until) {
        unread.add(`the router told no counters (${reading.problem}): ${loss}`)
        return
      }
      await tryOnce(signal)
      if (!isDone() && !signal.aborted) await Promise.race([wait(TRY_EVERY_MS), hurried])
    }
  }
  return {
    sample: async (signal) => {
      const once = await tryOnce(signal)
      if (!once.ok) throw once.error
      return once.scrape
    },
    handOver: ledger.handOver,
    lastRequestAt: ledger.lastRequestAt,
    takeBases: () => {
      const isDone = () => Object.keys(state().unbased).length === 0
      const loss = 'a version that took a place over is counted from the next reading on'
      return insist(isDone, loss, kind.lateMs + TRY_FOR_MS)
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
      if (watching++ === 0) watchedSinceMs = performance.now()
      patience.abort()
      const watch = async () => {
        while (!isOver) {
          // One that fails is followed by the next; that a source is away is the sampler's to say.
          await tryOnce()
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
