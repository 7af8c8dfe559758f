import { expect, test } from 'vitest'
import type { Check } from '../check.ts'
import { canary, counters } from '../live/traffic-drill.ts'
import { tryCheck } from '../try-drill.ts'
import { check } from './4.2.1-error-trend.ts'

const [START, INTERVAL_MS, SCRAPES] = [1_000_000, 1000, 48]
const END = START + SCRAPES * INTERVAL_MS
const timeline = { watchStartedAtMs: START, watchEndsAtMs: END } as never

/** The error trend of a watch of 48 intervals, of which some could not be read. */
async function trendWithout(isMissed: (n: number) => boolean): Promise<string> {
  const scrapes = Array.from({ length: SCRAPES + 1 }, (_, n) => ({
    atMs: START + n * INTERVAL_MS,
    complete: true,
    instances: [counters(canary, 100 * n)],
  })).filter((_, n) => !isMissed(n))
  const overrides = { timeline, now: () => END, scrapesSince: () => scrapes }
  const { verdict } = await tryCheck(check as never as Check<never>, {}, { folder: '/nowhere' }, overrides)
  return verdict
}

test('a short watch on a machine that could not always read has a trend all the same', async () => {
  expect(await trendWithout(() => false)).toBe('pass')
  expect(await trendWithout((n) => n % 3 !== 0)).toBe('pass')
})

test('one that was not read for half of it has none', async () => {
  expect(await trendWithout((n) => n > 20)).toBe('unknown')
})
