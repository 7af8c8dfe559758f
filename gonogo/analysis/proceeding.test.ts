import { expect, it } from 'vitest'
import { smallestRuledOut } from './evidence.ts'
import { judge } from './judge.ts'
import { startMirroredBet } from './mirrored-bet.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy, ratioToRuleOut } from './policy.ts'
import { type Second, watched } from './small-traffic.ts'

const policy: AnalysisPolicy = { ...defaultAnalysisPolicy, plannedDurationMs: 3_600_000 }

/** Ten requests a second: too few failures in a quarter of an hour to rule five times worse out. */
const sparse = (i: number): Second => ({
  canary: { requests: 1 },
  baseline: { requests: 19, errors: i % 200 === 199 ? 1 : 0 },
})

it('five times worse is to be ruled out below half the traffic, twice at half, nothing alone', () => {
  expect([0.05, 0.25, 0.5, 1].map((weight) => ratioToRuleOut(policy, weight))).toEqual([5, 5, 2, null])
})

it('too little evidence holds and says what is not ruled out', () => {
  const judgement = judge(policy, watched(policy, 900, sparse).state)
  expect(judgement.verdict).toBe('hold')
  expect(judgement.ruledOut).toMatchObject({ needed: 5, ratio: false, errorRate: true })
  expect(judgement.sentence).toMatch(/^not yet: 5 times the old version's error rate is not ruled out/)
})

it('a harm budget lets it go on where the next step can cost little enough', () => {
  const steps = [5, 25].map((percent) => ({ weight: percent / 100, waitMs: 900_000 }))
  const spending = (maxFailedRequests: number): AnalysisPolicy => ({
    ...policy,
    harmBudget: { maxFailedRequests, steps },
  })
  const { state } = watched(policy, 900, sparse)
  const judgement = judge(spending(100), state)
  const ratio = judgement.largestRatioNotRuledOut ?? 0
  expect(judgement.harmOfNextStep).toBeCloseTo((ratio - 1) * (4 / 17_100) * 20 * 900 * 0.25, 6)
  expect(judgement.verdict).toBe('proceed')
  expect(judgement.sentence).toMatch(/going on costs at most \d+ failed requests$/)
  expect(judge(spending(1), state).verdict).toBe('hold')
})

it('evidence against the new version keeps it from proceeding before it is enough to roll back', () => {
  const good = watched(policy, 880, (i) => sparse(5 * i))
  const { state } = watched(policy, 3, () => ({ ...sparse(0), canary: { requests: 1, errors: 1 } }), good)
  const judgement = judge(policy, state)
  expect(judgement.evidence).toBeGreaterThan(20)
  expect(judgement.evidence).toBeLessThan(1000)
  expect(judgement.verdict).toBe('hold')
})

it('a ratio is ruled out only together with every larger one, so that trying many costs no certainty', () => {
  const bets = (...won: boolean[]) => won.map((one) => ({ ...startMirroredBet(), won: one }))
  expect(smallestRuledOut(bets(false, true, true))).toBe(1)
  expect(smallestRuledOut(bets(true, false, true))).toBe(2)
  expect(smallestRuledOut(bets(true, true, false))).toBe(-1)
  expect(smallestRuledOut(bets(true, true))).toBe(0)
})
