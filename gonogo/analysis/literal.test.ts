import { describe, expect, it } from 'vitest'
import { judge } from './judge.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from './policy.ts'
import { type Second, watched } from './small-traffic.ts'

const policy: AnalysisPolicy = { ...defaultAnalysisPolicy, mode: 'literal' }

const steady =
  (canary: Second['canary'], baseline: Second['baseline'] = { requests: 95 }) =>
  (): Second => ({ canary, baseline })

describe('the thresholds read literally', () => {
  it('proceed when no threshold is crossed and there was traffic', () => {
    const judgement = judge(policy, watched(policy, 30, steady({ requests: 5 })).state)
    expect(judgement).toMatchObject({ verdict: 'proceed', trigger: null })
    expect(judgement.sentence).toContain('no threshold is crossed')
  })

  it('are unknown without canary traffic', () => {
    expect(judge(policy, watched(policy, 30, steady({ requests: 0 })).state).verdict).toBe('unknown')
  })

  it('roll back at an error rate above 5 %, from ten bad requests on', () => {
    const one = steady({ requests: 5, errors: 1 })
    expect(judge(policy, watched(policy, 9, one).state).verdict).toBe('proceed')
    expect(judge(policy, watched(policy, 10, one).state)).toMatchObject({
      verdict: 'rollback',
      trigger: 'errorRate',
      detectedAfterMs: 10_000,
      sentence:
        'rolled back 10 s after the first canary request: 10 of 50 canary requests failed, 0 of 950 on the old version; ' +
        'an error rate above 5 % over 5 min, the thresholds read literally',
    })
  })

  it('roll back at twice the old version’s error rate, and take no ratio of zeros', () => {
    const two = (baselineErrors: number) =>
      steady({ requests: 100, errors: 4 }, { requests: 900, errors: baselineErrors })
    expect(judge(policy, watched(policy, 20, two(18)).state)).toMatchObject({ trigger: 'errorRatio' })
    expect(judge(policy, watched(policy, 20, two(19)).state).verdict).not.toBe('rollback')
    expect(judge(policy, watched(policy, 20, two(0)).state).verdict).not.toBe('rollback')
  })

  it('roll back an incident that hits both versions, as the checklist says', () => {
    const both = steady({ requests: 5, errors: 1 }, { requests: 95, errors: 19 })
    expect(judge(policy, watched(policy, 20, both).state).verdict).toBe('rollback')
  })

  it('roll back at a p95 above 2000 ms and at three times the old p95, after the warm-up', () => {
    const slow = steady({ requests: 5, ms: 2500 })
    expect(judge(policy, watched(policy, 10, slow).state).verdict).toBe('hold')
    expect(judge(policy, watched(policy, 11, slow).state)).toMatchObject({ trigger: 'latencyP95' })
    expect(judge(policy, watched(policy, 11, steady({ requests: 5, ms: 330 })).state)).toMatchObject({
      trigger: 'latencyRatio',
    })
  })

  it('take no ratio to the last requests of an old version that has no traffic any more', () => {
    const before = watched(policy, 30, steady({ requests: 5 }))
    const one = watched(policy, 1, steady({ requests: 5 }, { requests: 95, errors: 1 }), before)
    const full = (): Second => ({
      canary: { requests: 100, errors: 1 },
      baseline: { requests: 0 },
      weight: 1,
      step: 3,
    })
    expect(judge(policy, watched(policy, 60, full, one).state).verdict).toBe('proceed')
  })

  it('forget what is older than the window', () => {
    const bad = watched({ ...policy, mode: 'sequential' }, 20, steady({ requests: 5, errors: 1 }))
    const later = watched(policy, 310, steady({ requests: 5 }), bad)
    expect(judge(policy, later.state).appendixC.canary.errors).toBe(0)
    expect(judge(policy, later.state).appendixC.canary.requests).toBeLessThanOrEqual(306 * 5)
  })
})
