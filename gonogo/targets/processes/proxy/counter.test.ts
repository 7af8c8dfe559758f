import { expect, test } from 'vitest'
import { Counter, LADDER_MS } from './counter.ts'

test('the ladder runs from 10 ms to 10 s with less than ∛3 between bounds, and has 200, 500 and 2000', () => {
  expect([LADDER_MS[0], LADDER_MS.at(-1)]).toEqual([10, 10_000])
  expect(LADDER_MS).toEqual(expect.arrayContaining([200, 500, 2000]))
  const factors = LADDER_MS.slice(1).map((bound, i) => bound / (LADDER_MS[i] ?? 1))
  expect(Math.max(...factors)).toBeLessThan(Math.cbrt(3))
})

test('a response time on a bound counts below it, and one beyond the ladder counts in the last bucket only', () => {
  const counter = new Counter()
  counter.add(500, false)
  counter.add(500.1, true)
  counter.add(60_000, false)
  const count = (leMs: number) => counter.buckets().find((b) => b.leMs === leMs)?.count
  expect([count(400), count(500), count(700), count(10_000)]).toEqual([0, 1, 2, 2])
  expect(counter.buckets().at(-1)).toEqual({ leMs: Number.POSITIVE_INFINITY, count: 3 })
  expect([counter.requests, counter.errors]).toEqual([3, 1])
})
