import { intervalOf, isBlind } from '../plot/bins.ts'
import type { ReportSample } from '../report-input.ts'

type Counted = { readonly requests: number; readonly errors: number }

type Traffic = {
  /** The new version, from its first request to its last. */
  readonly canary: Counted
  readonly baseline: Counted
  /** The highest p95 bucket of any interval of the new version; the p95 of all of them is not above it. */
  readonly highestP95: readonly [number, number | null] | null
  /** Time in which requests came and every one failed, whichever version answered. */
  readonly downtimeMs: number
  /** Time that nobody measured. */
  readonly unmeasuredMs: number
  readonly intervals: number
}

/** What the samples say as a whole; null when there are none, which is not the same as zero. */
export function trafficOf(samples: readonly ReportSample[]): Traffic | null {
  if (samples.length === 0) return null
  const interval = intervalOf(samples)
  return {
    canary: total(samples.map((s) => s.canary)),
    baseline: total(samples.flatMap((s) => s.baseline ?? [])),
    highestP95: highest(samples.flatMap((s) => (s.canary.p95Ms ? [s.canary.p95Ms] : []))),
    downtimeMs: samples.filter(isDown).length * interval,
    unmeasuredMs: samples.filter(isBlind).length * interval,
    intervals: samples.length,
  }
}

const total = (arms: readonly Counted[]): Counted =>
  arms.reduce<Counted>((sum, a) => ({ requests: sum.requests + a.requests, errors: sum.errors + a.errors }), {
    requests: 0,
    errors: 0,
  })

function isDown(sample: ReportSample): boolean {
  const all = total([sample.canary, ...(sample.baseline ? [sample.baseline] : [])])
  return all.requests > 0 && all.errors === all.requests
}

function highest(
  buckets: readonly (readonly [number, number | null])[],
): readonly [number, number | null] | null {
  const upper = ([, upTo]: readonly [number, number | null]) => upTo ?? Number.POSITIVE_INFINITY
  return buckets.reduce<readonly [number, number | null] | null>(
    (top, b) => (top === null || upper(b) > upper(top) ? b : top),
    null,
  )
}
