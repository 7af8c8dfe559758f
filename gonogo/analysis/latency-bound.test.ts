import { expect, it } from 'vitest'
import type { Counts } from './counts.ts'
import { chooseRatioBound, limitBounds, planLatency, quantileBucket } from './latency-bound.ts'

const PROXY_MS = [10, 15, 22, 33, 48, 70, 100, 140, 200, 300, 400, 500, 750, 1000, 1400, 2000, 3000, 4500]
/** prom-client's default ladder, in ms. */
const PROM_CLIENT_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]
const limits = { p95Ms: 2000, p95Ratio: 3 }

/** Requests spread evenly between 0 and `maxMs`. */
function evenly(ladder: readonly number[], maxMs: number, requests: number): Counts {
  const within = ladder.map((ms) => Math.round(requests * Math.min(1, ms / maxMs)))
  return { requests, errors: 0, timed: requests, within }
}

const histogram = (ladder: readonly number[], maxMs: number) => {
  const { within, timed } = evenly(ladder, maxMs, 10_000)
  const buckets = ladder.map((leMs, i) => ({ leMs, count: within[i] ?? 0 }))
  return [...buckets, { leMs: Number.POSITIVE_INFINITY, count: timed }]
}

it('a p95 is told as its bucket and never as a point inside it', () => {
  expect(quantileBucket(evenly(PROXY_MS, 300, 1000), PROXY_MS, 0.95)).toEqual([200, 300])
  expect(quantileBucket(evenly(PROXY_MS, 9000, 1000), PROXY_MS, 0.95)).toEqual([4500, null])
  expect(quantileBucket(evenly(PROXY_MS, 300, 0), PROXY_MS, 0.95)).toBeNull()
})

it('the ratio is judged at a bound surely above the p95 and surely below three times it', () => {
  const baseline = evenly(PROXY_MS, 300, 10_000)
  expect(chooseRatioBound(baseline, PROXY_MS, 3)).toBe(400)
})

it('a p95 in the first bucket is judged at a bound surely above three times it', () => {
  const fast = evenly(PROXY_MS, 3, 10_000)
  expect(chooseRatioBound(fast, PROXY_MS, 3)).toBe(33)
  expect(chooseRatioBound(evenly([10, 15], 3, 10_000), [10, 15], 3)).toBeNull()
})

it('too few requests give no bound yet', () => {
  expect(chooseRatioBound(evenly(PROXY_MS, 300, 50), PROXY_MS, 3)).toBeNull()
})

it("prom-client's default ladder cannot carry the ratio, and the plan says so", () => {
  const plan = planLatency(histogram(PROM_CLIENT_MS, 300), limits)
  expect(plan.ratioBoundMs).toBeNull()
  expect(plan.gaps).toEqual([expect.stringContaining('cannot be judged')])
})

it('the limit uses the bound at or above it to roll back and the one at or below it to accept', () => {
  expect(limitBounds(PROXY_MS, 2000)).toEqual({ rollback: 15, accept: 15 })
  expect(limitBounds(PROM_CLIENT_MS, 2000)).toEqual({ rollback: 8, accept: 7 })
  expect(limitBounds([10, 100], 2000).rollback).toBe(-1)
  expect(planLatency(histogram([10, 100], 50), limits).gaps[0]).toContain('cannot be seen')
})

it('bounds less than ∛3 apart always have one that tells three times the p95, wherever it lies', () => {
  const ladderOf = (factor: number) => Array.from({ length: 24 }, (_, n) => 4 * factor ** n)
  const found = (ladderMs: readonly number[], p95Ms: number) => {
    // Response times whose logarithm is spread evenly, half a power of e to either side.
    const share = (boundMs: number) => Math.min(1, Math.max(0, 0.95 + Math.log(boundMs / p95Ms) / 2))
    const within = ladderMs.map((boundMs) => Math.round(20_000 * share(boundMs)))
    return chooseRatioBound({ requests: 20_000, errors: 0, timed: 20_000, within }, ladderMs, 3)
  }
  const places = Array.from({ length: 400 }, (_, n) => 12 * 1.01 ** n)
  const blindWith = (factor: number) => places.filter((p95Ms) => found(ladderOf(factor), p95Ms) === null)
  expect(blindWith(1.43)).toEqual([])
  expect(blindWith(1.5).length).toBeGreaterThan(0)
})
