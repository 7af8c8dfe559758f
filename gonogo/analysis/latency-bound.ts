import type { HistogramBucket } from '#core/sample.ts'
import type { Counts } from './counts.ts'

/** Bounds of the bucket a quantile lies in, in ms; the upper one is null above the ladder. Never a point inside it. */
export type BucketBounds = readonly [lowerMs: number, upperMs: number | null]

/** The bucket of the `quantile` (0…1) of these response times; null without any. */
export function quantileBucket(
  counts: Counts,
  ladderMs: readonly number[],
  quantile: number,
): BucketBounds | null {
  return counts.timed > 0 ? bucketOfRank(counts, ladderMs, quantile * counts.timed) : null
}

function bucketOfRank(counts: Counts, ladderMs: readonly number[], rank: number): BucketBounds {
  const at = counts.within.findIndex((n) => n >= rank)
  if (at === -1) return [ladderMs.at(-1) ?? 0, null]
  return [ladderMs[at - 1] ?? 0, ladderMs[at] as number]
}

/** Standard deviations on either side of the p95's rank: 99.9 %. */
const Z = 3.29

/**
 * The bound B at which "p95 is `ratio` times the baseline's" is judged: nearest √ratio × the baseline's p95, strictly
 * between p95's upper confidence bound and `ratio` × its lower one, so that B exceeded by 5 % means worse and `ratio`
 * times worse means exceeded. The confidence bounds are order statistics (binomial ranks), widened to whole buckets.
 * A p95 in the first bucket has no lower bound above zero; then B is the smallest bound at or above `ratio` × that
 * bucket's upper one: blind to a change from one to five milliseconds, and never wrong about what it sees.
 * Null when the histogram has no such bound, or not enough requests to know.
 */
export function chooseRatioBound(
  baseline: Counts,
  ladderMs: readonly number[],
  ratio: number,
): number | null {
  const p95 = quantileBucket(baseline, ladderMs, 0.95)
  if (!p95) return null
  const spread = Z * Math.sqrt(baseline.timed * 0.95 * 0.05)
  const highest = 0.95 * baseline.timed + spread
  if (highest > baseline.timed) return null
  const [lowerMs] = bucketOfRank(baseline, ladderMs, 0.95 * baseline.timed - spread)
  const [, upperMs] = bucketOfRank(baseline, ladderMs, highest)
  if (upperMs === null || p95[1] === null) return null
  if (lowerMs === 0) return ladderMs.find((boundMs) => boundMs >= ratio * upperMs) ?? null
  const middle = Math.sqrt(Math.max(p95[0], p95[1] / 1.5) * p95[1])
  const wanted = Math.log(Math.sqrt(ratio) * middle)
  const off = (boundMs: number) => Math.abs(Math.log(boundMs) - wanted)
  const usable = ladderMs.filter((boundMs) => boundMs > upperMs && boundMs < ratio * lowerMs)
  return usable.sort((a, b) => off(a) - off(b))[0] ?? null
}

/** The p95 may lie in either of two buckets, and a third bound must lie below `ratio` times the first: r³ < ratio. */
const closeEnough = (ratio: number): string => (Math.floor(Math.cbrt(ratio) * 100) / 100).toFixed(2)

/** Indexes of the bounds for a limit: the smallest at or above it to roll back, the largest at or below it to accept; -1: none. */
export function limitBounds(
  ladderMs: readonly number[],
  limitMs: number,
): { rollback: number; accept: number } {
  return {
    rollback: ladderMs.findIndex((boundMs) => boundMs >= limitMs),
    accept: ladderMs.findLastIndex((boundMs) => boundMs <= limitMs),
  }
}

export type LatencyPlan = {
  readonly ratioBoundMs: number | null
  /** What cannot be judged with this histogram, as sentences; a person accepts them before the deployment. */
  readonly gaps: readonly string[]
}

/** At planning time, from the old version's cumulative histogram: by name what the latency triggers cannot judge by it. */
export function planLatency(
  histogram: readonly HistogramBucket[],
  limits: { readonly p95Ms: number; readonly p95Ratio: number },
): LatencyPlan {
  const timed = histogram.at(-1)?.count ?? 0
  const bounds = histogram.slice(0, -1)
  const ladderMs = bounds.map((bucket) => bucket.leMs)
  const baseline = { requests: timed, errors: 0, timed, within: bounds.map((bucket) => bucket.count) }
  const gaps: string[] = []
  const { rollback, accept } = limitBounds(ladderMs, limits.p95Ms)
  if (rollback === -1)
    gaps.push(`p95 above ${limits.p95Ms} ms cannot be seen: no histogram bound is at or above it`)
  if (accept === -1)
    gaps.push(`p95 below ${limits.p95Ms} ms cannot be shown: no histogram bound is at or below it`)
  const ratioBoundMs = chooseRatioBound(baseline, ladderMs, limits.p95Ratio)
  if (ratioBoundMs === null)
    gaps.push(
      `p95 at ${limits.p95Ratio} × the baseline's cannot be judged: no histogram bound lies surely between the two; ` +
        `bounds at most a factor ${closeEnough(limits.p95Ratio)} apart around the p95 would do`,
    )
  return { ratioBoundMs, gaps }
}
