import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { InstanceSample, Scrape } from '#core/sample.ts'
import { judge } from './judge.ts'
import { observe } from './observe.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from './policy.ts'
import { contextAt, type Second, SmallTraffic, watched } from './small-traffic.ts'
import { type AnalysisState, startAnalysis } from './state.ts'

const policy: AnalysisPolicy = { ...defaultAnalysisPolicy, plannedDurationMs: 3_600_000 }
const both: AnalysisPolicy[] = [policy, { ...policy, mode: 'literal' }]

const burst = fc
  .record({
    requests: fc.integer({ min: 0, max: 40 }),
    bad: fc.double({ min: 0, max: 1, noNaN: true }),
    ms: fc.constantFrom(40, 140, 700, 2500, 60_000),
  })
  .map(({ requests, bad, ms }) => ({ requests, errors: Math.floor(requests * bad ** 4), ms }))
const seconds = fc.array(fc.record({ canary: burst, baseline: burst }), { minLength: 1, maxLength: 40 })

/** A healthy quarter of an hour: enough to proceed. */
const healthyQuarter = () =>
  watched(policy, 890, (i) => ({
    canary: { requests: 5 },
    baseline: { requests: 95, errors: i % 10 === 0 ? 1 : 0 },
  }))
const ready = healthyQuarter()

it('a healthy quarter of an hour proceeds, so that the properties below say something', () => {
  for (const p of both) expect(judge(p, ready.state).verdict).toBe('proceed')
})

it('replaying the same scrapes, through JSON at each step, gives the same state bit for bit', () => {
  fc.assert(
    fc.property(seconds, (list) => {
      let kept: AnalysisState = startAnalysis(policy)
      const live = replay(list, (state) => state)
      kept = replay(list, (state) => JSON.parse(JSON.stringify(state)) as AnalysisState)
      expect(JSON.stringify(kept)).toBe(JSON.stringify(live))
      expect(judge(policy, kept)).toEqual(judge(policy, live))
    }),
    { numRuns: 40 },
  )
})

function replay(list: readonly Second[], keep: (state: AnalysisState) => AnalysisState): AnalysisState {
  const traffic = new SmallTraffic().add('new', { requests: 0 }).add('old', { requests: 0 })
  let state = observe(policy, startAnalysis(policy), traffic.scrape(0), contextAt(0))
  for (const [i, { canary, baseline }] of list.entries()) {
    const atMs = (i + 1) * 1000
    const scrape = traffic.add('new', canary).add('old', baseline).scrape(atMs)
    state = keep(observe(policy, state, scrape, contextAt(atMs)))
  }
  return state
}

it('the order of the instances in a scrape changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(burst, burst, burst, burst), { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
      (list, order) => {
        const run = (arrange: (s: Scrape) => Scrape) => {
          const traffic = new SmallTraffic()
          let state = startAnalysis(policy)
          for (const [i, [a, b, c, d]] of list.entries()) {
            traffic.add('new', a, 'a').add('new', b, 'b').add('old', c, 'a').add('old', d, 'b')
            state = observe(policy, state, arrange(traffic.scrape(i * 1000)), contextAt(i * 1000))
          }
          return state
        }
        const shuffled = run((s) => ({
          ...s,
          instances: s.instances
            .map((instance, i) => ({ instance, key: order[i] ?? 0 }))
            .sort((x, y) => x.key - y.key)
            .map(({ instance }) => instance),
        }))
        const plain = run((s) => s)
        expect(shuffled).toEqual(plain)
        expect(judge(policy, shuffled)).toEqual(judge(policy, plain))
      },
    ),
    { numRuns: 60 },
  )
})

it('reading the same traffic once or twice as often never turns a rollback into a proceed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 0.002, 0.02, 0.2, 1),
      fc.constantFrom(0, 0.002, 0.02),
      fc.integer({ min: 1, max: 20 }),
      (canaryRate, baselineRate, scale) => {
        const verdicts = [1, 2].map((parts) => {
          const halves = watched({ ...policy, intervalMs: 1000 / parts }, 300 * parts, (i) => ({
            canary: part(2 * 5 * scale, canaryRate, i, 2 * parts),
            baseline: part(2 * 95 * scale, baselineRate, i, 2 * parts),
          }))
          return judge(policy, halves.state).verdict
        })
        expect(verdicts.toSorted()).not.toEqual(['proceed', 'rollback'])
      },
    ),
    { numRuns: 30 },
  )
})

/** The i-th of the parts in which `requests` a second come, with whole numbers that add up. */
function part(
  requests: number,
  rate: number,
  i: number,
  parts: number,
): { requests: number; errors: number } {
  const upTo = (n: number, of: number) => Math.floor((of * n) / parts)
  return {
    requests: upTo(i + 1, requests) - upTo(i, requests),
    errors: upTo(i + 1, requests * rate) - upTo(i, requests * rate),
  }
}

const number = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e300, 2 ** 60),
  fc.double(),
)
const count = fc.oneof(fc.constantFrom(0, 1, 5, 4450, 84_645, 1e9), number)
const sample: fc.Arbitrary<InstanceSample> = fc.record({
  version: fc.constantFrom('new', 'old'),
  instance: fc.constantFrom('a', 'b'),
  requests: count,
  errors: count,
  buckets: fc.array(fc.record({ leMs: fc.oneof(fc.constantFrom(50, 2000), number), count }), {
    maxLength: 4,
  }),
})
const garbage: fc.Arbitrary<Scrape | null> = fc.oneof(
  fc.constant(null),
  fc.record({
    atMs: fc.oneof(fc.constantFrom(0, 2e6, 3e6), number),
    complete: fc.boolean(),
    instances: fc.array(sample),
  }),
)

it('garbage never proceeds, never crashes, and leaves no number that is not one', () => {
  fc.assert(
    fc.property(fc.array(garbage, { minLength: 1, maxLength: 10 }), (scrapes) => {
      for (const p of both) {
        let state = ready.state
        for (const [i, scrape] of scrapes.entries()) {
          const atMs = ready.atMs + (i + 1) * 1000
          state = observe(p, state, scrape, contextAt(atMs))
          const judgement = judge(p, state)
          if (state.blindness) expect(judgement.verdict).not.toBe('proceed')
          expect(JSON.stringify(judgement)).not.toMatch(/NaN|Infinity/)
          expect(Number.isFinite(judgement.evidence)).toBe(true)
        }
      }
    }),
    { numRuns: 300 },
  )
})

const broken = fc.constantFrom<Partial<InstanceSample>>(
  { requests: Number.NaN },
  { requests: Number.POSITIVE_INFINITY },
  { requests: -1 },
  { errors: Number.NaN },
  { errors: -1 },
  { errors: 1e15 },
  { buckets: [{ leMs: Number.NaN, count: 1 }] },
  { buckets: [{ leMs: 50, count: 9 }] },
)

it('one impossible number makes the whole scrape unknown', () => {
  fc.assert(
    fc.property(broken, fc.constantFrom('new', 'old'), (damage, version) => {
      const good = ready.traffic.scrape(ready.atMs + 1000)
      const instances = good.instances.map((i) => (i.version === version ? { ...i, ...damage } : i))
      const context = contextAt(ready.atMs + 1000)
      const after = observe(policy, ready.state, { ...good, instances }, context)
      expect(judge(policy, after).verdict).toBe('unknown')
      expect(after.evidence).toEqual(ready.state.evidence)
    }),
  )
})

it('no traffic is never a proceed, and a thousand million requests in one interval are no trouble', () => {
  for (const p of both) {
    const quiet = watched(
      p,
      1,
      () => ({ canary: { requests: 0 }, baseline: { requests: 0 } }),
      healthyQuarter(),
    )
    expect(judge(p, quiet.state).verdict).toBe('unknown')
    const flood = (errors: number): Second => ({
      canary: { requests: 5e7, errors },
      baseline: { requests: 95e7, errors: 95e4 },
    })
    expect(judge(p, watched(p, 30, () => flood(5e4), healthyQuarter()).state).verdict).toBe('proceed')
    expect(judge(p, watched(p, 30, () => flood(5e6), healthyQuarter()).state).verdict).toBe('rollback')
  }
})
