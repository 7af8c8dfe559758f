import type { Noise } from '../../gonogo/analysis/simulation/index.ts'
import { quantile } from '../../gonogo/analysis/simulation/index.ts'
import {
  detectionSeconds,
  healthy,
  ourRule,
  play,
  policy,
  type Run,
  rulesOutTwice,
  WEIGHT,
} from './setting.ts'

/** One line of the table. `met` is null for what has no goal and is told beside it. */
export type Figure = {
  readonly name: string
  readonly goal: string
  readonly measured: string
  readonly met: boolean | null
}

/** The table "Figures to reach", row by row, each with its own part of the seed. */
export function* figures(run: Run): Generator<Figure> {
  const seeded = (row: number): Run => ({ ...run, seed: run.seed * 1000 + row })
  const before = process.cpuUsage().user
  yield falseRollbacks(seeded(1), 'independent', 'independent')
  const seconds = ((process.cpuUsage().user - before) / 1e6 / run.deployments) * 10_000
  yield atMost('10,000 simulated deployments of an hour, on one core', seconds, 60, 's')
  yield falseRollbacks(seeded(2), 'shared incidents in both versions', 'sharedIncidents')
  yield falseRollbacks(seeded(3), 'beta-binomial', 'betaBinomial')
  yield falseRollbacks(seeded(4), 'clusters inside an interval', 'clusters')
  const own = falseRollbacks(
    seeded(5),
    "each version's rate jumps by itself (not covered by the bound)",
    'ownRates',
  )
  yield { ...own, goal: 'told', met: null }
  yield* fastFaults(seeded)
  yield* slowFaults(seeded)
  yield outage(seeded(20))
  for (const [i, errorRate] of [0.05, 0.02, 0.005].entries()) yield lateFault(seeded(30 + 2 * i), errorRate)
  yield rulesOut(seeded(40))
}

function falseRollbacks(run: Run, name: string, noise: Noise): Figure {
  const ends = play(run, ourRule, 100, null, noise)
  const false_ = ends.filter((e) => e.end === 'rolledBack').length
  const mean = run.deployments * policy.alpha
  const most = Math.floor(mean + 3.5 * Math.sqrt(mean))
  return {
    name: `false rollbacks per healthy hour: ${name}`,
    goal: `≤ ${most} of ${run.deployments}`,
    measured: `${false_}`,
    met: false_ <= most,
  }
}

function* fastFaults(seeded: (row: number) => Run): Generator<Figure> {
  const at100 = play(seeded(10), ourRule, 100, { errorRate: 0.05 })
  yield atMost('canary at 5 % errors, 100/s: median', quantile(detectionSeconds(at100), 0.5), 20, 's')
  yield atMost('canary at 5 % errors, 100/s: p95', quantile(detectionSeconds(at100), 0.95), 46, 's')
  yield atMost('canary at 5 % errors, 100/s: median failed requests', medianFailed(at100), 6, '')
  const at1000 = play(seeded(11), ourRule, 1000, { errorRate: 0.05 })
  yield atMost('canary at 5 % errors, 1000/s: median', quantile(detectionSeconds(at1000), 0.5), 4, 's')
  yield atMost('canary at 5 % errors, 1000/s: median failed requests', medianFailed(at1000), 12, '')
}

function* slowFaults(seeded: (row: number) => Run): Generator<Figure> {
  const rows = [
    { errorRate: 0.02, perSecond: 100, most: 63, times: 10 },
    { errorRate: 0.005, perSecond: 100, most: 550, times: 1 },
    { errorRate: 0.002, perSecond: 1000, most: 550, times: 1 },
  ]
  for (const [i, { errorRate, perSecond, most, times }] of rows.entries()) {
    const ends = play(many(seeded(12 + i), times), ourRule, perSecond, { errorRate })
    const name = `canary at ${errorRate * 100} % errors, ${perSecond}/s`
    yield atMost(`${name}: median`, quantile(detectionSeconds(ends), 0.5), most, 's')
    yield atMost(`${name}: ${TIMES_BOUND}`, timesBound(ends, errorRate), 1.6, '×')
  }
  const hasty = play(seeded(15), ourRule, 1000, { errorRate: 0.02 })
  const figure = atMost(`canary at 2 % errors, 1000/s: ${TIMES_BOUND}`, timesBound(hasty, 0.02), 1.6, '×')
  yield { ...figure, goal: 'told: few intervals', met: null }
}

const TIMES_BOUND = 'mean canary requests, times the lower bound'

/** A mean near its goal needs more than a median: its sampling error must be small beside what is left. */
const many = (run: Run, times: number): Run => ({ ...run, deployments: run.deployments * times })

/** Infinity when one deployment was not found: a mean over the others would flatter. */
function timesBound(ends: ReturnType<typeof play>, errorRate: number): number {
  if (ends.some((e) => e.end !== 'rolledBack')) return Number.POSITIVE_INFINITY
  return ends.reduce((sum, e) => sum + e.canaryRequests, 0) / ends.length / leastRequests(errorRate)
}

/** ln(1/α) / G: no test with this α can need fewer of the canary's requests on average. */
function leastRequests(errorRate: number): number {
  const mixed = WEIGHT * errorRate + (1 - WEIGHT) * healthy.errorRate
  const gain = divergence(errorRate, mixed) + ((1 - WEIGHT) / WEIGHT) * divergence(healthy.errorRate, mixed)
  return Math.log(1 / policy.alpha) / gain
}

/** Kullback–Leibler divergence of two coins. */
const divergence = (p: number, q: number): number =>
  p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q))

function outage(run: Run): Figure {
  const intervals = detectionSeconds(play(run, ourRule, 100, { errorRate: 1 }))
  const figure = atMost('total outage of the canary, 100/s: p95', quantile(intervals, 0.95), 4, 'intervals')
  return { ...figure, measured: `${figure.measured} (median ${quantile(intervals, 0.5)})` }
}

function lateFault(run: Run, errorRate: number): Figure {
  const startsAtMs = 600_000
  const early = quantile(detectionSeconds(play(run, ourRule, 100, { errorRate })), 0.5)
  const ends = play({ ...run, seed: run.seed + 1 }, ourRule, 100, { errorRate, startsAtMs })
  const late = quantile(detectionSeconds(ends), 0.5) - startsAtMs / 1000
  const name = `fault of ${errorRate * 100} % that starts 10 min late, 100/s: median, times the same at the start`
  const figure = atMost(name, late / early, 2, '×')
  return { ...figure, measured: `${figure.measured} (${late} s and ${early} s)` }
}

function rulesOut(run: Run): Figure {
  const seconds = detectionSeconds(play(run, rulesOutTwice, 1000, null))
  return atMost('healthy canary, 1000/s: 2 × ruled out, median', quantile(seconds, 0.5), 200, 's')
}

const medianFailed = (ends: ReturnType<typeof play>): number =>
  quantile(
    ends.map((e) => e.failedRequests),
    0.5,
  )

const atMost = (name: string, value: number, most: number, unit: string): Figure => ({
  name,
  goal: `≤ ${most} ${unit}`.trim(),
  measured: `${Math.round(value * 100) / 100} ${unit}`.trim(),
  met: value <= most,
})
