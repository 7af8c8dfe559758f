import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ArmEvents, betOnHarm, type Circumstances, stakesOf } from './betting.ts'
import { copyEvidence, type Evidence, evidenceAgainst, startEvidence } from './evidence.ts'
import { withMean } from './null-chances.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from './policy.ts'

const policy: AnalysisPolicy = defaultAnalysisPolicy
const stakes = stakesOf(policy)
const LIMIT = 0.05

/** An interval without a difference: `bad` events of both versions, and how likely so many are the new one's. */
type Interval = { canary: number; baseline: number; bad: number; chances: number[] }

const raw = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
/** Both versions: of the bad events the new one has its share of the requests, on average. */
const shared = fc
  .record({ canary: fc.integer({ min: 3, max: 6 }), baseline: fc.integer({ min: 1, max: 60 }), raw })
  .chain(({ canary, baseline, raw: chances }) =>
    fc.integer({ min: 0, max: 3 }).map((bad): Interval => {
      const mean = (bad * canary) / (canary + baseline)
      return { canary, baseline, bad, chances: withMean(chances.slice(0, bad + 1), mean) }
    }),
  )
/** The new version alone: its rate is the limit. */
const alone = fc
  .record({ canary: fc.integer({ min: 1, max: 4 }), raw })
  .map(({ canary, raw: chances }): Interval => {
    const all = withMean(chances.slice(0, canary + 1), canary * LIMIT)
    return { canary, baseline: 0, bad: canary, chances: all }
  })

const deployment = fc
  .tuple(fc.array(shared, { minLength: 1, maxLength: 3 }), fc.array(alone, { minLength: 0, maxLength: 2 }))
  .map(([before, after]) => [...before, ...after])

type Path = { chance: number; evidence: number; highest: number }

function* paths(
  intervals: readonly Interval[],
  at = 0,
  e: Evidence = startEvidence(policy),
  chance = 1,
  highest = 1,
): Generator<Path> {
  const interval = intervals[at]
  if (!interval) {
    yield { chance, evidence: evidenceAgainst(e), highest }
    return
  }
  for (const [x, p] of interval.chances.entries()) {
    const next = copyEvidence(e)
    // Failed requests are the slow ones, too: the four triggers move together as much as they can.
    betOnHarm(
      next,
      stakes,
      arm(interval.canary, x),
      arm(interval.baseline, interval.bad - x),
      how(interval, at),
    )
    yield* paths(intervals, at + 1, next, chance * p, Math.max(highest, evidenceAgainst(next)))
  }
}

/** The new version alone has no old one whose events could be counted. */
const arm = (requests: number, bad: number): ArmEvents => {
  const events = requests === 0 ? 0 : bad
  return { requests, errors: events, timed: requests, slow: events, notFast: events, over: events }
}

const how = ({ baseline }: Interval, at: number): Circumstances => ({
  released: [0.5, 0.65, 0.8, 0.9, 1][at] ?? 1,
  isAlone: baseline === 0,
  isSlowArmed: true,
  isFastArmed: true,
  isRatioArmed: true,
  errorLimit: LIMIT,
  slowLimit: LIMIT,
})

it('all four triggers together win nothing on average without a difference, alone at the end or not', () => {
  fc.assert(
    fc.property(deployment, (intervals) => {
      let mean = 0
      for (const path of paths(intervals)) {
        expect(path.evidence).toBeGreaterThanOrEqual(0)
        mean += path.chance * path.evidence
      }
      expect(mean).toBeLessThanOrEqual(1 + 1e-9)
    }),
    { numRuns: 150 },
  )
})

it('the chance that all four together ever reach 1/α is at most α, counted over every path', () => {
  fc.assert(
    fc.property(deployment, (intervals) => {
      for (const alpha of [0.5, 0.2, 0.05]) {
        let crossed = 0
        for (const path of paths(intervals)) if (path.highest >= 1 / alpha) crossed += path.chance
        expect(crossed).toBeLessThanOrEqual(alpha + 1e-12)
      }
    }),
    { numRuns: 60 },
  )
})
