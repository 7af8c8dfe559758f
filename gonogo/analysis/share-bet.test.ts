import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withMean } from './null-chances.ts'
import {
  copyShareBet,
  evidenceOf,
  multipliersFrom,
  placeShareBet,
  restake,
  type ShareBet,
  startShareBet,
} from './share-bet.ts'

const thetas = multipliersFrom(2)

/** One interval of the null: `canary` and `baseline` requests, and how likely each number of canary failures is. */
type NullInterval = { events: number; w: number; chances: number[] }

/** Any distribution on 0…events whose mean is w × events: the failures may hang together as they like. */
const nullInterval = fc
  .record({
    events: fc.integer({ min: 0, max: 4 }),
    canary: fc.integer({ min: 1, max: 5 }),
    baseline: fc.integer({ min: 1, max: 20 }),
    raw: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
  })
  .map(({ events, canary, baseline, raw }): NullInterval => {
    const w = canary / (canary + baseline)
    return { events, w, chances: withMean(raw.slice(0, events + 1), w * events) }
  })

/** Every path through the intervals, with its chance and the highest evidence on the way. */
function* paths(
  intervals: readonly NullInterval[],
  released: readonly number[],
  bet: ShareBet = startShareBet(),
  chance = 1,
  highest = 1,
): Generator<{ chance: number; evidence: number; highest: number }> {
  const [interval, ...rest] = intervals
  if (!interval) {
    yield { chance, evidence: evidenceOf(bet), highest }
    return
  }
  for (const [x, p] of interval.chances.entries()) {
    const next = copyShareBet(bet)
    placeShareBet(next, released[0] ?? 1, x, interval.events, interval.w, thetas)
    yield* paths(rest, released.slice(1), next, chance * p, Math.max(highest, evidenceOf(next)))
  }
}

it('under no difference the evidence is a non-negative martingale, whatever hangs together in an interval', () => {
  fc.assert(
    fc.property(fc.array(nullInterval, { minLength: 1, maxLength: 4 }), (intervals) => {
      let mean = 0
      for (const path of paths(intervals, [0.5, 0.65, 0.8, 1])) {
        expect(path.evidence).toBeGreaterThanOrEqual(0)
        mean += path.chance * path.evidence
      }
      expect(mean).toBeCloseTo(1, 9)
    }),
    { numRuns: 200 },
  )
})

it('the chance of ever reaching 1/α is at most α, counted over every path', () => {
  fc.assert(
    fc.property(fc.array(nullInterval, { minLength: 4, maxLength: 4 }), (intervals) => {
      for (const alpha of [0.5, 0.2, 0.05]) {
        let crossed = 0
        for (const path of paths(intervals, [0.5, 0.65, 0.8, 1]))
          if (path.highest >= 1 / alpha) crossed += path.chance
        expect(crossed).toBeLessThanOrEqual(alpha + 1e-12)
      }
    }),
    { numRuns: 60 },
  )
})

it('evidence never grows in an interval in which the canary has at most its share of the bad events', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          w: fc.double({ min: 1e-9, max: 0.999999, noNaN: true }),
          events: fc.integer({ min: 0, max: 1e9 }),
        }),
        { maxLength: 20 },
      ),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (intervals, part) => {
        const bet = startShareBet()
        for (const { w, events } of intervals) {
          placeShareBet(bet, 0.5, Math.floor(events * w * part), events, w, thetas)
          expect(evidenceOf(bet)).toBeLessThanOrEqual(1 + 1e-9)
        }
      },
    ),
  )
})

it('a day of the worst evidence neither overflows nor turns', () => {
  const bet = startShareBet()
  for (let i = 0; i < 86_400; i++) placeShareBet(bet, 1, 1e9, 1e9, 1e-6, thetas)
  expect(evidenceOf(bet)).toBeGreaterThan(1e299)
  expect(Number.isFinite(evidenceOf(bet))).toBe(true)
})

it('a restake scales what was won and what is still to come alike', () => {
  const bet = startShareBet()
  placeShareBet(bet, 0.5, 3, 3, 0.05, thetas)
  const before = evidenceOf(bet)
  restake(bet, 0.25)
  expect(evidenceOf(bet)).toBeCloseTo(before / 4, 12)
  placeShareBet(bet, 1, 0, 0, 0.05, thetas)
  expect(evidenceOf(bet)).toBeCloseTo(before / 4, 12)
})

it('one interval is the method’s formula, worked by hand', () => {
  const bet = startShareBet()
  placeShareBet(bet, 0.5, 1, 1, 0.05, thetas)
  const factors = [
    1 + 0.95 * (2 / 2.1),
    1 + 0.95 * (4 / 1.2),
    1 + 0.95 * (19 / 1.95),
    1 + 0.95 * (99 / 5.95),
    18.1,
  ]
  for (const [j, factor] of factors.entries()) expect(bet.capital[j]).toBeCloseTo(0.5 * factor, 12)
  expect(evidenceOf(bet)).toBeCloseTo(4.8460262, 6)
})
