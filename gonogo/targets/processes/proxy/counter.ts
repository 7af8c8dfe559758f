import type { HistogramBucket } from '#core/sample.ts'

/**
 * Bounds of the response times, the default thresholds 200, 500 and 2000 ms among them; so near to each other (less than ∛3)
 * that three times a p95 can be told from it, also where the p95 itself is only known to lie in two buckets.
 */
export const LADDER_MS: readonly number[] = [
  10, 14, 20, 28, 40, 55, 75, 100, 140, 200, 280, 400, 500, 700, 1000, 1400, 2000, 2800, 4000, 5600, 8000,
  10_000,
]

/** What one instance was asked and how it answered, since it was there. */
export class Counter {
  requests = 0
  errors = 0
  readonly #counts: number[] = LADDER_MS.map(() => 0).concat(0)

  /** One request: total, error and histogram in one step, so that a scrape never sees one without the other. */
  add(durationMs: number, isError: boolean): void {
    this.requests++
    if (isError) this.errors++
    const index = LADDER_MS.findIndex((bound) => durationMs <= bound)
    const slot = index === -1 ? LADDER_MS.length : index
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
  }

  /** The cumulative histogram; the last bound is Infinity and its count is `requests`. */
  buckets(): HistogramBucket[] {
    let count = 0
    return this.#counts.map((own, index) => {
      count += own
      return { leMs: LADDER_MS[index] ?? Number.POSITIVE_INFINITY, count }
    })
  }
}
