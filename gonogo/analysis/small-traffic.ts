import type { InstanceSample, Scrape } from '#core/sample.ts'
import { observe } from './observe.ts'
import type { AnalysisPolicy } from './policy.ts'
import type { ObserveContext } from './read-scrape.ts'
import { type AnalysisState, startAnalysis } from './state.ts'

/** Response times used in tests: what a request takes decides the bucket it falls in. */
export const LADDER_MS = [50, 100, 150, 220, 330, 500, 750, 1100, 1600, 2000, 3000, 4500, 10_000]

export type Burst = { readonly requests: number; readonly errors?: number; readonly ms?: number }

/** Cumulative counters of a few instances, fed by hand; for tests. */
export class SmallTraffic {
  readonly #counters = new Map<string, { requests: number; errors: number; own: number[] }>()

  add(version: string, burst: Burst, instance = 'a'): this {
    const key = `${version}/${instance}`
    const counter = this.#counters.get(key) ?? {
      requests: 0,
      errors: 0,
      own: LADDER_MS.map(() => 0).concat(0),
    }
    counter.requests += burst.requests
    counter.errors += burst.errors ?? 0
    const at = LADDER_MS.findIndex((boundMs) => boundMs >= (burst.ms ?? 100))
    const slot = at === -1 ? LADDER_MS.length : at
    counter.own[slot] = (counter.own[slot] ?? 0) + burst.requests
    this.#counters.set(key, counter)
    return this
  }

  reset(version: string, instance = 'a'): this {
    this.#counters.delete(`${version}/${instance}`)
    return this.add(version, { requests: 0 }, instance)
  }

  scrape(atMs: number): Scrape {
    const instances = [...this.#counters].map(([key, counter]): InstanceSample => {
      const [version = '', instance = ''] = key.split('/')
      let count = 0
      const buckets = counter.own.map((own, i) => {
        count += own
        return { leMs: LADDER_MS[i] ?? Number.POSITIVE_INFINITY, count }
      })
      return { version, instance, requests: counter.requests, errors: counter.errors, buckets }
    })
    return { atMs, complete: true, instances }
  }
}

export const contextAt = (atMs: number, weight = 0.05, step = 0): ObserveContext => ({
  canaryVersion: 'new',
  baselineVersion: 'old',
  configuredWeight: weight,
  step,
  atMs,
})

export type Second = {
  readonly canary: Burst
  readonly baseline: Burst
  readonly weight?: number
  readonly step?: number
}

/** A first reading, then one scrape a second of what `second(i)` says. */
export function watched(
  policy: AnalysisPolicy,
  seconds: number,
  second: (i: number) => Second,
  from: { state: AnalysisState; traffic: SmallTraffic; atMs: number } = {
    state: startAnalysis(policy),
    traffic: new SmallTraffic().add('new', { requests: 0 }).add('old', { requests: 0 }),
    atMs: 1_000_000,
  },
): { state: AnalysisState; traffic: SmallTraffic; atMs: number } {
  const { traffic } = from
  let { state, atMs } = from
  const first = second(0)
  if (state.scrapeAtMs === null)
    state = observe(policy, state, traffic.scrape(atMs), contextAt(atMs, first.weight, first.step))
  for (let i = 0; i < seconds; i++) {
    const { canary, baseline, weight, step } = second(i)
    traffic.add('new', canary).add('old', baseline)
    atMs += 1000
    state = observe(policy, state, traffic.scrape(atMs), contextAt(atMs, weight, step))
  }
  return { state, traffic, atMs }
}
