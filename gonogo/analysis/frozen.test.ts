import { describe, expect, it } from 'vitest'
import { circumstances } from './circumstances.ts'
import { judge } from './judge.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from './policy.ts'
import { type Second, watched } from './small-traffic.ts'

const policy: AnalysisPolicy = { ...defaultAnalysisPolicy, plannedDurationMs: 3_600_000 }

/** One second of `requests`, of which so many in a hundred fail, evenly. */
const burst = (requests: number, failing: number, i: number) => {
  const upTo = (n: number) => Math.floor((n * requests * failing) / 100)
  return { requests, errors: upTo(i + 1) - upTo(i) }
}

const full = (canary: Second['canary']): Second => ({ canary, baseline: { requests: 0 }, weight: 1, step: 3 })

/** Five minutes at 5 % in which both versions fail so often, then ten minutes alone in which the new one does. */
function alone(before: number, after: number) {
  const both = watched(policy, 300, (i) => ({ canary: burst(5, before, i), baseline: burst(95, before, i) }))
  return judge(policy, watched(policy, 600, (i) => full(burst(100, after, i)), both).state)
}

describe('at full weight', () => {
  it('an error rate that the old version had is no reason to go back, a greater one is', () => {
    expect(alone(8, 8).verdict).not.toBe('rollback')
    expect(alone(8, 16)).toMatchObject({ verdict: 'rollback', trigger: 'errorRate' })
  })

  it('an old version without trouble loosens no limit, and neither does one that had too little traffic', () => {
    expect(alone(0, 8)).toMatchObject({ verdict: 'rollback', trigger: 'errorRate' })
    const few = watched(policy, 3, () => ({
      canary: { requests: 1 },
      baseline: { requests: 10, errors: 5 },
    }))
    expect(watched(policy, 1, () => full({ requests: 100 }), few).state.frozen?.errorRate).toBe(0)
  })

  it('the share of slow requests that the old version had is the limit for the new one', () => {
    const slow = (i: number) => ({ ms: i % 12 === 0 ? 2500 : 100 })
    const both = watched(policy, 300, (i) => ({
      canary: { requests: 5, ...slow(i) },
      baseline: { requests: 95, ...slow(i) },
    }))
    const { state } = watched(policy, 1, () => full({ requests: 100 }), both)
    expect(state.frozen?.slowShare).toBeGreaterThan(1 / 12)
    expect(circumstances(policy, state).slowLimit).toBe(state.frozen?.slowShare)
    expect(circumstances(policy, both.state).slowLimit).toBe(0.05)
  })
})
