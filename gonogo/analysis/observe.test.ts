import { expect, it } from 'vitest'
import type { InstanceSample } from '#core/sample.ts'
import { judge } from './judge.ts'
import { observe } from './observe.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from './policy.ts'
import { contextAt, type Second, SmallTraffic, watched } from './small-traffic.ts'
import { type AnalysisState, startAnalysis } from './state.ts'

const policy: AnalysisPolicy = { ...defaultAnalysisPolicy, plannedDurationMs: 3_600_000 }
const healthy = (i: number): Second => ({
  canary: { requests: 5 },
  baseline: { requests: 95, errors: i % 10 === 0 ? 1 : 0 },
})
const counts = (state: AnalysisState) => {
  const { canary, baseline } = judge(policy, state)
  return [canary.requests, canary.errors, baseline?.requests, baseline?.errors]
}

it('a counter that falls was reset, and its new value is the difference', () => {
  const { state, traffic, atMs } = watched(policy, 10, healthy)
  traffic.reset('new').add('new', { requests: 3, errors: 2 }).add('old', { requests: 95 })
  const after = observe(policy, state, traffic.scrape(atMs + 1000), contextAt(atMs + 1000))
  expect(counts(after)).toEqual([53, 2, 1045, 1])
})

it.each([
  ['requests', { requests: 3, errors: 2 }, [103, 7]],
  ['errors alone', { requests: 110, errors: 1 }, [210, 6]],
])('a reset of %s is one without a histogram, too', (_, counter, expected) => {
  const seen = (requests: number, errors: number): InstanceSample[] => [
    { version: 'new', instance: 'a', requests, errors, buckets: [] },
    { version: 'old', instance: 'a', requests: 1000, errors: 1, buckets: [] },
  ]
  const look = (state: AnalysisState, atMs: number, instances: InstanceSample[]) =>
    observe(policy, state, { atMs, complete: true, instances }, contextAt(atMs))
  const first = look(startAnalysis(policy), 1000, seen(0, 0))
  const before = look(first, 2000, seen(100, 5))
  const after = look(before, 3000, seen(counter.requests, counter.errors))
  expect(counts(after).slice(0, 2)).toEqual(expected)
})

it('what happened before the first reading does not count', () => {
  const traffic = new SmallTraffic().add('new', { requests: 50, errors: 50 }).add('old', { requests: 1000 })
  const { state } = watched(policy, 10, healthy, { state: startAnalysis(policy), traffic, atMs: 5000 })
  expect(counts(state)).toEqual([50, 0, 950, 1])
})

it('an instance that joins later counts from its start', () => {
  const { state, traffic, atMs } = watched(policy, 10, healthy)
  traffic.add('new', { requests: 7, errors: 1 }, 'b').add('old', { requests: 95 })
  const after = observe(policy, state, traffic.scrape(atMs + 1000), contextAt(atMs + 1000))
  expect(counts(after)).toEqual([57, 1, 1045, 1])
})

it('a gap loses nothing: the next difference spans it', () => {
  const { state, traffic, atMs } = watched(policy, 10, healthy)
  const blind = observe(policy, state, null, contextAt(atMs + 1000))
  expect(blind.evidence).toEqual(state.evidence)
  traffic.add('new', { requests: 10, errors: 2 }).add('old', { requests: 190 })
  const after = observe(policy, blind, traffic.scrape(atMs + 2000), contextAt(atMs + 2000))
  expect(counts(after)).toEqual([60, 2, 1140, 1])
})

it.each([
  ['the same answer again', (s: SmallTraffic, atMs: number) => s.scrape(atMs)],
  ['an older answer', (s: SmallTraffic, atMs: number) => s.scrape(atMs - 5000)],
  [
    'a scrape with an instance missing',
    (s: SmallTraffic, atMs: number) => ({ ...s.scrape(atMs + 1000), complete: false }),
  ],
  [
    'one version missing',
    (s: SmallTraffic, atMs: number) => ({
      ...s.scrape(atMs + 1000),
      instances: s.scrape(atMs).instances.filter((i) => i.version === 'old'),
    }),
  ],
  [
    'an instance told twice, differently',
    (s: SmallTraffic, atMs: number) => ({
      ...s.scrape(atMs + 1000),
      instances: [...s.scrape(atMs).instances, ...s.add('new', { requests: 1 }).scrape(atMs).instances],
    }),
  ],
])('%s is unknown and leaves the evidence as it was', (_, scrape) => {
  const { state, traffic, atMs } = watched(policy, 890, healthy)
  expect(judge(policy, state).verdict).toBe('proceed')
  // There is traffic as ever, so that silence is not what makes it unknown.
  traffic.add('new', { requests: 5 }).add('old', { requests: 95 })
  const after = observe(policy, state, scrape(traffic, atMs), contextAt(atMs + 1000))
  expect(judge(policy, after).verdict).toBe('unknown')
  expect(after.evidence).toEqual(state.evidence)
  expect(after.total).toEqual(state.total)
})

it('an older answer with lower counters is no reset', () => {
  const before = watched(policy, 880, healthy)
  const old = before.traffic.scrape(before.atMs)
  const { state, atMs } = watched(policy, 10, healthy, before)
  const after = observe(policy, state, old, contextAt(atMs + 1000))
  expect(judge(policy, after).sentence).toContain('the metric source repeats an old answer')
  expect(after.total).toEqual(state.total)
})

it('reading faster than the interval places no more bets', () => {
  const { state, traffic, atMs } = watched(policy, 10, healthy)
  traffic.add('new', { requests: 1, errors: 1 }).add('old', { requests: 20 })
  expect(observe(policy, state, traffic.scrape(atMs + 200), contextAt(atMs + 200))).toEqual(state)
})

it('the stake of each of the first two rises of the weight is in play from then on', () => {
  const rising = watched(policy, 30, (i) => {
    const weight = [0.05, 0.25, 0.5][Math.floor(i / 10)] ?? 0.5
    return {
      canary: { requests: 100 * weight },
      baseline: { requests: 100 * (1 - weight) },
      weight,
      step: Math.floor(i / 10),
    }
  })
  expect(rising.state.evidence.errorShare.released).toBeCloseTo(0.8 + (0.2 * 30) / 3600, 6)
})

it('an incident that both versions had before full weight is not held against the new one there', () => {
  const both = watched(policy, 300, () => ({
    canary: { requests: 5, errors: 1 },
    baseline: { requests: 95, errors: 19 },
  }))
  const full = watched(
    policy,
    60,
    () => ({ canary: { requests: 100, errors: 1 }, baseline: { requests: 0 }, weight: 1, step: 3 }),
    both,
  )
  expect(judge(policy, full.state).verdict).not.toBe('rollback')
})

it('a first deployment has no old version and is judged by the absolute limits', () => {
  let state = startAnalysis(policy)
  const traffic = new SmallTraffic().add('new', { requests: 0 })
  for (let i = 0; i <= 60; i++) {
    const atMs = 1_000_000 + i * 1000
    const context = { ...contextAt(atMs, 1), baselineVersion: null }
    state = observe(policy, state, traffic.add('new', { requests: 20, errors: 8 }).scrape(atMs), context)
  }
  expect(judge(policy, state)).toMatchObject({ verdict: 'rollback', trigger: 'errorRate', baseline: null })
})

it('an instance with fewer histogram bounds narrows the ladder to what all have', () => {
  const { state, traffic, atMs } = watched(policy, 10, healthy)
  const whole = traffic
    .add('new', { requests: 5 })
    .add('old', { requests: 95 })
    .scrape(atMs + 1000)
  const instances = whole.instances.map((i) => ({
    ...i,
    buckets: i.version === 'new' ? i.buckets.filter((b) => b.leMs !== 100) : i.buckets,
  }))
  const after = observe(policy, state, { ...whole, instances }, contextAt(atMs + 1000))
  expect(after.ladderMs).not.toContain(100)
  expect(judge(policy, after).canary.p95Ms).toEqual([50, 150])
  expect(counts(after)).toEqual([55, 0, 1045, 1])
})

it('the state after a day of intervals holds no more numbers than after an hour, and stays small', () => {
  const text = (state: AnalysisState) => JSON.stringify(state)
  const numbers = (state: AnalysisState) => text(state).match(/[\d.e+-]+/g)?.length
  const hour = watched(policy, 3600, healthy)
  const day = watched(policy, 82_800, healthy, hour)
  expect(day.atMs).toBe(1_000_000 + 86_400_000)
  expect(numbers(day.state)).toBe(numbers(hour.state))
  expect(text(day.state).length).toBeLessThan(32_768)
}, 60_000)

it('instances that come and go do not add up: who is gone for an hour is forgotten', () => {
  let state = startAnalysis(policy)
  const most: number[] = []
  for (let minute = 0; minute < 6 * 60; minute++) {
    const atMs = 1_000_000 + minute * 60_000
    const traffic = new SmallTraffic()
      .add('new', { requests: 300 }, `pod-${minute}`)
      .add('old', { requests: 5700 }, `pod-${minute}`)
    state = observe(policy, state, traffic.scrape(atMs), contextAt(atMs))
    most.push(Object.keys(state.last).length)
  }
  expect(Math.max(...most)).toBeLessThanOrEqual(2 * 61)
})
