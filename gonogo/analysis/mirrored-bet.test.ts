import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  copyMirroredBet,
  type MirroredBet,
  placeMirroredBet,
  shareWhenWorse,
  startMirroredBet,
} from './mirrored-bet.ts'

const mixed = (bet: MirroredBet): number =>
  0.2 * (bet.capital[0] ?? 0) + 0.2 * (bet.capital[1] ?? 0) + 0.6 * (bet.capital[2] ?? 0)

/** The mean of the mixture when each bad event is the canary's with the chance that "ratio times worse" gives it. */
function meanWhenWorse(bet: MirroredBet, intervals: readonly number[], w: number, ratio: number): number {
  const [events, ...rest] = intervals
  if (events === undefined) return mixed(bet)
  const limit = shareWhenWorse(ratio, w)
  let mean = 0
  for (let x = 0; x <= events; x++) {
    const next = copyMirroredBet(bet)
    placeMirroredBet(next, x, events, w, limit)
    const chance = choose(events, x) * limit ** x * (1 - limit) ** (events - x)
    mean += chance * meanWhenWorse(next, rest, w, ratio)
  }
  return mean
}

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k)

it('a canary that is so many times worse wins nothing by the mirrored bet on average', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0.01, max: 0.9, noNaN: true }),
      fc.constantFrom(1.25, 2, 5, 100),
      (intervals, w, ratio) => {
        const mean = meanWhenWorse(startMirroredBet(), intervals, w, ratio)
        expect(mean).toBeLessThanOrEqual(1 + 1e-9)
      },
    ),
    { numRuns: 100 },
  )
})

it('what was ruled out is so no longer once later failures speak against it', () => {
  const bet = startMirroredBet()
  for (let i = 0; i < 1000; i++) placeMirroredBet(bet, 0, 1, 0.05, shareWhenWorse(5, 0.05))
  expect(bet.won).toBe(true)
  for (let i = 0; i < 10; i++) placeMirroredBet(bet, 1, 1, 0.05, shareWhenWorse(5, 0.05))
  expect(bet.won).toBe(false)
})

it('one interval is the method’s formula, worked by hand', () => {
  const limit = shareWhenWorse(5, 0.05)
  expect(limit).toBeCloseTo(0.25 / 1.2, 12)
  const bet = startMirroredBet()
  placeMirroredBet(bet, 0, 1, 0.05, limit)
  const bold = 1 + (0.9 / (1 - limit)) * limit
  const half = 1 + ((limit - 0.025 / 0.975) / (limit * (1 - limit))) * limit
  const same = 1 + ((limit - 0.05) / (limit * (1 - limit))) * limit
  for (const [i, factor] of [bold, half, same].entries()) expect(bet.capital[i]).toBeCloseTo(factor, 12)
  expect(mixed(bet)).toBeCloseTo(1.2135223, 7)
})
