import { describe, expect, it } from 'vitest'
import { judge } from '../judge.ts'
import { observe } from '../observe.ts'
import { type AnalysisPolicy, defaultAnalysisPolicy } from '../policy.ts'
import { contextAt, SmallTraffic } from '../small-traffic.ts'
import { startAnalysis } from '../state.ts'
import { emptyArm } from './arm.ts'
import { literalRule } from './literal-rule.ts'
import { hodgesLehmann } from './mann-whitney.ts'
import { Random } from './random.ts'
import { argoInline, flagger, kayentaRule, thresholdRule } from './rival-rules.ts'
import type { Rule } from './rule.ts'
import { rulingOutRule, sequentialRule } from './sequential-rule.ts'
import { quantile, simulate, summarise } from './simulate.ts'
import { simulatePolicy } from './simulate-policy.ts'
import { type Noise, Traffic } from './traffic.ts'

const HOUR_MS = 3_600_000
const policy: AnalysisPolicy = { ...defaultAnalysisPolicy, plannedDurationMs: HOUR_MS }
const healthy = { errorRate: 0.001, slowShare: 0.0005, overShare: 0.012 }

const played = (rule: Rule, errorRate: number | null, deployments = 200, noise: Noise = 'independent') =>
  simulate({
    rule,
    model: {
      requestsPerSecond: 100,
      healthy,
      fault: errorRate === null ? null : { ...healthy, errorRate, startsAtMs: 0 },
      noise,
    },
    steps: [{ weight: 0.05, waitMs: HOUR_MS / 4 }],
    intervalMs: 1000,
    extensions: 1,
    deployments,
    seed: 11,
  })

describe('the simulation', () => {
  it('is the same for the same seed', () => {
    const rule = sequentialRule(policy, true)
    expect(played(rule, 0.02, 20)).toEqual(played(rule, 0.02, 20))
  })

  it('finds a fault in seconds and lets a healthy version through its steps', () => {
    const rule = sequentialRule(policy, true)
    const faulty = summarise(rule.name, played(rule, 0.05))
    expect(faulty.rolledBack).toBe(200)
    expect(faulty.medianRollbackMs).toBeLessThan(25_000)
    const good = summarise(rule.name, played(rule, null, 100))
    expect(good.rolledBack).toBe(0)
    expect(good.completed).toBeGreaterThan(80)
  })

  it.each<Noise>(['sharedIncidents', 'betaBinomial', 'clusters'])(
    'rolls back no healthy version under %s',
    (noise) => {
      const ends = played(sequentialRule(policy, false), null, 60, noise)
      expect(ends.filter((e) => e.end === 'rolledBack')).toEqual([])
    },
  )

  it('says when twice as bad is ruled out', () => {
    const ends = simulate({
      rule: rulingOutRule(policy, 2),
      model: { requestsPerSecond: 1000, healthy, fault: null, noise: 'independent' },
      steps: [{ weight: 0.05, waitMs: HOUR_MS }],
      intervalMs: 1000,
      extensions: 1,
      deployments: 100,
      seed: 3,
    })
    expect(summarise('', ends).medianRollbackMs).toBeLessThan(250_000)
  })

  it('bets exactly as the analysis does on the same traffic', () => {
    const watcher = sequentialRule(policy, true).start()
    const source = new Traffic(
      {
        requestsPerSecond: 200,
        healthy,
        fault: { ...healthy, errorRate: 0.01, startsAtMs: 0 },
        noise: 'clusters',
      },
      new Random(5),
    )
    const traffic = new SmallTraffic().add('new', { requests: 0 }).add('old', { requests: 0 })
    const canary = emptyArm()
    const baseline = emptyArm()
    let state = observe(policy, startAnalysis(policy), traffic.scrape(0), contextAt(0))
    for (let atMs = 1000; atMs <= 60_000; atMs += 1000) {
      source.next(canary, baseline, 0.05, atMs, 1)
      for (const arm of [canary, baseline]) arm.slow = arm.notFast = arm.over = 0
      watcher.sees(canary, baseline, 0.05, atMs)
      traffic.add('new', canary).add('old', baseline)
      state = observe(policy, state, traffic.scrape(atMs), contextAt(atMs))
    }
    const { overShare: _a, overRate: _b, ...ours } = state.evidence
    expect(watcher.evidence).toMatchObject(ours)
    expect(judge(policy, state).evidence).toBeGreaterThan(0)
  })
})

describe('the rules of other tools', () => {
  it('Argo Rollouts’ example waits a minute and never sees less than 5 % errors', () => {
    const rule = thresholdRule(argoInline, 1000)
    expect(summarise('', played(rule, 1)).medianRollbackMs).toBe(60_000)
    expect(summarise('', played(rule, 0.005)).rolledBack).toBeLessThan(20)
  })

  it('Flagger’s example takes five failed checks of a minute', () => {
    expect(summarise('', played(thresholdRule(flagger, 1000), 0.2)).medianRollbackMs).toBe(300_000)
  })

  it('without a request there is no rate, which both take for a failed check', () => {
    for (const [setting, afterMs] of [
      [flagger, 300_000],
      [argoInline, 60_000],
    ] as const) {
      const watcher = thresholdRule(setting, 1000).start()
      let atMs = 1000
      while (atMs < 600_000 && !watcher.sees(emptyArm(), emptyArm(), 0.05, atMs)) atMs += 1000
      expect(atMs).toBe(afterMs)
    }
  })

  it('Kayenta’s judge decides at half an hour', () => {
    const ends = simulate({
      rule: kayentaRule(),
      model: {
        requestsPerSecond: 100,
        healthy,
        fault: { ...healthy, errorRate: 0.05, startsAtMs: 0 },
        noise: 'independent',
      },
      steps: [{ weight: 0.05, waitMs: HOUR_MS }],
      intervalMs: 1000,
      extensions: 1,
      deployments: 20,
      seed: 1,
    })
    expect(summarise('', ends).medianRollbackMs).toBe(1_800_000)
  })

  it('the thresholds read literally roll back most healthy deployments', () => {
    expect(summarise('', played(literalRule(policy, 1), null, 100)).rolledBack).toBeGreaterThan(50)
  })
})

describe('the draws', () => {
  const random = new Random(7)
  const mean = (draw: () => number) => {
    let sum = 0
    for (let i = 0; i < 20_000; i++) sum += draw()
    return sum / 20_000
  }

  it.each([
    ['a small Poisson', () => random.poisson(0.3), 0.3],
    ['a large Poisson', () => random.poisson(95), 95],
    ['a rare binomial', () => random.binomial(95, 0.01), 0.95],
    ['a frequent binomial', () => random.binomial(20, 0.9), 18],
    ['a large binomial', () => random.binomial(1000, 0.2), 200],
    ['a gamma below one', () => random.gamma(0.5), 0.5],
    ['a beta', () => random.beta(0.25, 4.75), 0.05],
    ['a geometric', () => random.geometric(5), 5],
  ])('%s has its mean', (_, draw, expected) => {
    expect(Math.abs(mean(draw) / expected - 1)).toBeLessThan(0.05)
  })

  it('a quantile is an order statistic', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2)
    expect(quantile([4, 1, 3, 2], 0.95)).toBe(4)
  })

  it('a shift is found by the pairs', () => {
    const low = Array.from({ length: 30 }, (_, i) => i)
    const shift = hodgesLehmann(
      low.map((n) => n + 50),
      low,
      2.326,
    )
    expect(shift?.estimate).toBe(50)
    expect(shift?.lower).toBeGreaterThan(40)
  })
})

describe('what a team asks beforehand', () => {
  it('is answered for the healthy version first, then for each fault, with the other rules beside it', () => {
    const answers = [
      ...simulatePolicy({
        policy,
        steps: [
          { weight: 0.05, waitMs: HOUR_MS / 4 },
          { weight: 1, waitMs: HOUR_MS / 6 },
        ],
        requestsPerSecond: 200,
        healthy,
        faults: [0.05],
        noise: 'independent',
        deployments: 30,
        seed: 1,
        isEarly: false,
        withRivals: true,
      }),
    ]
    expect(answers).toHaveLength(14)
    expect(answers[0]).toMatchObject({ errorRate: null, rolledBack: 0, rule: 'gonogo, α = 0.001' })
    expect(answers[0]?.medianCompletionMs).toBe((HOUR_MS * 5) / 12)
    expect(answers[7]).toMatchObject({ errorRate: 0.05, rolledBack: 30 })
  })

  it('proceeds as soon as the evidence is there where the policy is early, and not before', () => {
    const early = played(sequentialRule(policy, true, true), null, 20)
    const patient = played(sequentialRule(policy, true), null, 20)
    for (const [i, end] of early.entries()) {
      expect(end.end).toBe('completed')
      expect(end.atMs).toBeGreaterThan(policy.warmUpMs)
      expect(end.atMs).toBeLessThan(patient[i]?.atMs ?? 0)
    }
  })

  it('goes on without enough evidence where the harm budget allows it', () => {
    const short = { ...policy, ruleOut: [{ weight: 0, ratio: 1.25 }] }
    const steps = [
      { weight: 0.05, waitMs: 120_000 },
      { weight: 0.25, waitMs: 120_000 },
    ]
    const playShort = (maxFailedRequests: number) => {
      const rule = sequentialRule({ ...short, harmBudget: { maxFailedRequests, steps } }, true)
      const model = { requestsPerSecond: 1000, healthy, fault: null, noise: 'independent' as const }
      const plan = { rule, model, steps: steps.slice(0, 1), intervalMs: 1000, extensions: 0, deployments: 20 }
      return simulate({ ...plan, seed: 3 }).filter((one) => one.end === 'completed').length
    }
    expect(playShort(1)).toBe(0)
    expect(playShort(100_000)).toBe(20)
  })
})
