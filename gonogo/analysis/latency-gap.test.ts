import { describe, expect, it } from 'vitest'
import type { InstanceSample, Scrape } from '#core/sample.ts'
import { judge } from './judge.ts'
import { observe } from './observe.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from './policy.ts'
import { contextAt, type Second, SmallTraffic, watched } from './small-traffic.ts'
import { startAnalysis } from './state.ts'

const sequential: AnalysisPolicy = { ...defaultAnalysisPolicy, plannedDurationMs: 3_600_000 }
const literal: AnalysisPolicy = { ...sequential, mode: 'literal' }
const healthy = (): Second => ({ canary: { requests: 5 }, baseline: { requests: 95 } })

/** A quarter of an hour of healthy traffic through instances whose histogram is cut down to `keep`. */
function judged(
  policy: AnalysisPolicy,
  keep: InstanceSample['buckets'][number]['leMs'][],
  accepted: boolean,
) {
  const traffic = new SmallTraffic().add('new', { requests: 0 }).add('old', { requests: 0 })
  let state = startAnalysis(policy)
  for (let i = 0; i <= 890; i++) {
    const atMs = 1_000_000 + i * 1000
    const scrape = traffic.add('new', { requests: 5 }).add('old', { requests: 95 }).scrape(atMs)
    const context = { ...contextAt(atMs), latencyGapAccepted: accepted }
    state = observe(policy, state, only(scrape, keep), context)
  }
  return judge(policy, state)
}

const only = (scrape: Scrape, keep: readonly number[]): Scrape => ({
  ...scrape,
  instances: scrape.instances.map((one) => ({
    ...one,
    buckets: keep.length === 0 ? [] : one.buckets.filter(({ leMs }) => keep.includes(leMs)),
  })),
})

describe('a latency that cannot be shown', () => {
  it.each([
    ['without a histogram', []],
    ['with no bound below the limit', [3000, Number.POSITIVE_INFINITY]],
  ])('%s proceeds only where a person has accepted it', (_, keep) => {
    for (const policy of [sequential, literal]) {
      const held = judged(policy, keep, false)
      expect(held.verdict).toBe('hold')
      expect(held.sentence).toContain('which nobody has accepted by a waiver of 3.2.5')
      expect(judged(policy, keep, true).verdict).toBe('proceed')
    }
  })

  it.each(['new', 'old'])('a histogram that is gone from the %s version is unknown, not fast', (version) => {
    const { state, traffic, atMs } = watched(sequential, 890, healthy)
    expect(judge(sequential, state).verdict).toBe('proceed')
    const whole = traffic
      .add('new', { requests: 5 })
      .add('old', { requests: 95 })
      .scrape(atMs + 1000)
    const instances = whole.instances.map((i) => (i.version === version ? { ...i, buckets: [] } : i))
    const context = { ...contextAt(atMs + 1000), latencyGapAccepted: true }
    const after = judge(sequential, observe(sequential, state, { ...whole, instances }, context))
    expect(after.verdict).toBe('unknown')
    expect(after.sentence).toContain('counts its requests but not how long they take')
  })

  it('an instance that was asked nothing yet needs no histogram', () => {
    const { state, traffic, atMs } = watched(sequential, 890, healthy)
    const whole = traffic.add('new', { requests: 5 }).scrape(atMs + 1000)
    const fresh = { version: 'new', instance: 'b', requests: 0, errors: 0, buckets: [] }
    const scrape = { ...whole, instances: [...whole.instances, fresh] }
    const after = observe(sequential, state, scrape, contextAt(atMs + 1000))
    expect(judge(sequential, after).verdict).toBe('proceed')
    expect(after.ladderMs).toEqual(state.ladderMs)
  })
})
