import { judge, observe, startAnalysis } from '../../gonogo/analysis/index.ts'
import { quantile } from '../../gonogo/analysis/simulation/index.ts'
import type { InstanceSample, Scrape } from '../../gonogo/core/sample.ts'
import { policy } from './setting.ts'

const LADDER_MS = [
  10, 15, 22, 33, 48, 70, 100, 140, 200, 300, 400, 500, 750, 1000, 1400, 2000, 3000, 4500, 6700, 1e4,
]
const INSTANCES = 3

export type StepCost = {
  /** One interval: observe and judge, six instances with twenty buckets. The median of batches' means. */
  readonly microseconds: number
  /** How many numbers the state holds after an hour and after a day, and its size as JSON. */
  readonly numbersAfterHour: number
  readonly numbersAfterDay: number
  readonly bytes: number
}

const DAY_S = 86_400
const BATCH_S = 100

/** Measures one deployment's analysis over a day of intervals, on scrapes as the proxy gives them. */
export function stepCost(spentMs: () => number): StepCost {
  let state = startAnalysis(policy)
  let numbersAfterHour = 0
  const batchesMs: number[] = []
  for (let second = 0; second < DAY_S; second += BATCH_S) {
    const scrapes = Array.from({ length: BATCH_S }, (_, i) => scrapeAt(second + i))
    const before = spentMs()
    for (const scrape of scrapes) {
      state = observe(policy, state, scrape, { ...context, atMs: scrape.atMs })
      judge(policy, state)
    }
    batchesMs.push(spentMs() - before)
    if (second === 3600) numbersAfterHour = countNumbers(state)
  }
  return {
    microseconds: (quantile(batchesMs, 0.5) * 1000) / BATCH_S,
    numbersAfterHour,
    numbersAfterDay: countNumbers(state),
    bytes: JSON.stringify(state).length,
  }
}

const context = { canaryVersion: 'new', baselineVersion: 'old', configuredWeight: 0.05, step: 0 }

const countNumbers = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, part) => sum + countNumbers(part), 0)
    : Number(typeof value === 'number')

/** Cumulative counters after so many seconds: 95 and 5 requests a second, an old version's error every ten. */
function scrapeAt(second: number): Scrape {
  const instances: InstanceSample[] = []
  for (let i = 0; i < INSTANCES; i++) {
    instances.push(sample('new', `canary-${i}`, second * 2, 0))
    instances.push(sample('old', `stable-${i}`, second * 32, Math.floor(second / 10)))
  }
  return { atMs: 1_000_000 + second * 1000, complete: true, instances }
}

function sample(version: string, instance: string, requests: number, errors: number): InstanceSample {
  const within = (i: number) => Math.floor(requests * Math.min(1, (i + 1) / 10))
  const buckets = LADDER_MS.map((leMs, i) => ({ leMs, count: within(i) }))
  return {
    version,
    instance,
    requests,
    errors,
    buckets: [...buckets, { leMs: Number.POSITIVE_INFINITY, count: requests }],
  }
}
