import { expect, it } from 'vitest'
import { judge } from './judge.ts'
import { observe } from './observe.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from './policy.ts'
import { contextAt, type Second, watched } from './small-traffic.ts'
import { startAnalysis } from './state.ts'

const policy: AnalysisPolicy = { ...defaultAnalysisPolicy, plannedDurationMs: 3_600_000 }

/** 100 requests a second at 5 %; the old version fails once in ten seconds. */
const healthy = (i: number): Second => ({
  canary: { requests: 5 },
  baseline: { requests: 95, errors: i % 10 === 0 ? 1 : 0 },
})
const failing = (i: number): Second => ({ ...healthy(i), canary: { requests: 5, errors: 5 } })

it('a canary that fails every request is rolled back within four seconds, with numbers in plain English', () => {
  const { state } = watched(policy, 4, failing)
  const judgement = judge(policy, state)
  expect(judgement.verdict).toBe('rollback')
  expect(judgement.trigger).toBe('errorRatio')
  expect(judgement.detectedAfterMs).toBeLessThanOrEqual(4000)
  expect(judgement.sentence).toMatch(
    /^rolled back \d s after the first canary request: \d+ of \d+ canary requests failed, 1 of \d+ on the old version; chance of a false alarm below 1 in 1,000$/,
  )
})

it('a rollback once decided stays decided, with the numbers of its moment', () => {
  const failed = watched(policy, 4, failing)
  const later = watched(policy, 60, healthy, failed)
  expect(judge(policy, later.state)).toMatchObject({
    verdict: 'rollback',
    canary: judge(policy, failed.state).canary,
  })
})

it('a healthy canary waits for its evidence, then proceeds and says what was ruled out', () => {
  const early = watched(policy, 10, healthy)
  expect(judge(policy, early.state).verdict).toBe('hold')
  expect(judge(policy, early.state).sentence).toMatch(/^not yet: an error rate of 5 % is not ruled out/)
  const late = judge(policy, watched(policy, 890, healthy, early).state)
  expect(late.verdict).toBe('proceed')
  expect(late.sentence).toMatch(/times the old version's error rate is ruled out at 5 %$/)
})

it('where neither version had an error, an error rate below the limit suffices', () => {
  const clean = (): Second => ({ canary: { requests: 5 }, baseline: { requests: 95 } })
  expect(judge(policy, watched(policy, 30, clean).state).verdict).toBe('hold')
  expect(judge(policy, watched(policy, 120, clean).state)).toMatchObject({
    verdict: 'proceed',
    largestRatioNotRuledOut: null,
    sentence: expect.stringContaining('an error rate of 5 % is ruled out at 5 %'),
  })
})

it('an incident that hits both versions alike is no reason to roll back the new one', () => {
  const both = watched(policy, 600, (i) => ({
    canary: { requests: 5, errors: 1 },
    baseline: { requests: 95, errors: i % 2 === 0 ? 18 : 20 },
  }))
  expect(judge(policy, both.state).verdict).toBe('hold')
})

it('a p95 above the limit rolls back, but only after the warm-up and not when both are slow', () => {
  const slow = (canaryMs: number, baselineMs: number) => (): Second => ({
    canary: { requests: 5, ms: canaryMs },
    baseline: { requests: 95, ms: baselineMs },
  })
  expect(judge(policy, watched(policy, 9, slow(2500, 100)).state).verdict).toBe('hold')
  const judgement = judge(policy, watched(policy, 30, slow(2500, 100)).state)
  expect(judgement.verdict).toBe('rollback')
  expect(judgement.trigger).toMatch(/^latency/)
  expect(judgement.sentence).toMatch(/took longer than \d+ ms/)
  expect(judge(policy, watched(policy, 300, slow(2500, 2500)).state).verdict).toBe('hold')
})

it('a p95 three times the old one rolls back below the absolute limit', () => {
  const { state } = watched(policy, 60, () => ({
    canary: { requests: 5, ms: 700 },
    baseline: { requests: 95, ms: 200 },
  }))
  expect(judge(policy, state)).toMatchObject({ verdict: 'rollback', trigger: 'latencyRatio' })
  expect(state.ratioBoundMs).toBe(330)
})

it('at full weight the absolute limits stand alone', () => {
  const start = watched(policy, 60, healthy)
  const full = (errors: number) => (): Second => ({
    canary: { requests: 100, errors },
    baseline: { requests: 0 },
    weight: 1,
    step: 3,
  })
  expect(judge(policy, watched(policy, 120, full(0), start).state).verdict).toBe('proceed')
  const again = watched(policy, 60, healthy)
  expect(judge(policy, watched(policy, 60, full(30), again).state)).toMatchObject({
    verdict: 'rollback',
    trigger: 'errorRate',
  })
})

it('a share of traffic that is not the configured one holds', () => {
  const { state } = watched(policy, 300, () => ({
    canary: { requests: 30 },
    baseline: { requests: 70 },
    weight: 0.05,
  }))
  const judgement = judge(policy, state)
  expect(judgement.verdict).toBe('hold')
  expect(judgement.sentence).toContain('gets 30 % of the traffic where 5 % is configured')
})

it('no scrape, no traffic and silence are unknown and grow blind', () => {
  expect(judge(policy, startAnalysis(policy)).verdict).toBe('unknown')
  const good = watched(policy, 890, healthy)
  const blind = observe(policy, good.state, null, contextAt(good.atMs + 1000))
  expect(judge(policy, blind)).toMatchObject({
    verdict: 'unknown',
    blindMs: 1000,
    sentence: 'nothing known for 1 s: the metric source did not answer',
  })
  const silent = watched(policy, 70, () => ({ canary: { requests: 0 }, baseline: { requests: 95 } }), good)
  expect(judge(policy, silent.state)).toMatchObject({
    verdict: 'unknown',
    blindMs: 70_000,
    isBlindTooLong: true,
  })
})

it('a fault that starts at full weight after a long healthy time is still seen', () => {
  const { state } = watched(policy, 640, (i) => (i < 600 ? healthy(i) : failing(i)))
  expect(judge(policy, state).verdict).toBe('rollback')
})
