import { formatDuration } from '#core/duration.ts'
import { slowerThan } from './counts.ts'
import type { Judgement } from './judgement.ts'
import { limitBounds } from './latency-bound.ts'
import { hasLiteralTraffic } from './literal.ts'
import { RULED_OUT_FROM } from './mirrored-bet.ts'
import type { AnalysisPolicy, Trigger } from './policy.ts'
import type { AnalysisState, Blindness } from './state.ts'

type Facts = Omit<Judgement, 'sentence'>

const WHY_BLIND: Readonly<Record<Blindness, string>> = {
  'no scrape': 'the metric source did not answer',
  'stale scrape': 'the metric source repeats an old answer',
  'instance missing': 'an instance did not answer',
  'no histogram': 'an instance counts its requests but not how long they take',
  garbage: 'the counters read are impossible: negative, not a number or contradictory',
  'no canary series': 'there are no counters of the new version',
  'no baseline series': 'there are no counters of the old version',
  'first reading': 'the counters were read once; a difference needs two readings',
}

/** The judgement as one sentence with its numbers, for people. No full stop at the end. */
export function sentenceOf(policy: AnalysisPolicy, state: AnalysisState, facts: Facts): string {
  if (facts.verdict === 'rollback') return rollbackSentence(policy, state, facts)
  if (facts.verdict === 'unknown') return unknownSentence(policy, state, facts)
  if (facts.verdict === 'hold') return `not yet: ${whyHeld(policy, state, facts)}; ${numbers(facts)}`
  return `${numbers(facts)}; ${grounds(policy, facts)}`
}

function rollbackSentence(policy: AnalysisPolicy, state: AnalysisState, facts: Facts): string {
  const after = `rolled back ${formatDuration(facts.detectedAfterMs ?? 0)} after the first canary request`
  const told = facts.trigger?.startsWith('latency') ? slowness(policy, state, facts) : numbers(facts)
  if (policy.mode === 'literal') return `${after}: ${told}; ${literalGround(policy, facts.trigger)}`
  return `${after}: ${told}; chance of a false alarm below 1 in ${group(Math.round(1 / policy.alpha))}`
}

function literalGround(policy: AnalysisPolicy, trigger: Trigger | null): string {
  const { errorRate, errorRatio, p95Ms, p95Ratio } = policy.thresholds
  const limit = {
    errorRate: `an error rate above ${percent(errorRate)}`,
    errorRatio: `an error rate at least ${errorRatio} times the old version's`,
    latencyP95: `a p95 above ${p95Ms} ms`,
    latencyRatio: `a p95 at least ${p95Ratio} times the old version's`,
  }
  const over = formatDuration(policy.literal.windowMs)
  return `${trigger ? limit[trigger] : 'a threshold'} over ${over}, the thresholds read literally`
}

function slowness(policy: AnalysisPolicy, state: AnalysisState, facts: Facts): string {
  const ladder = state.ladderMs ?? []
  const boundMs =
    facts.trigger === 'latencyRatio' && policy.mode === 'sequential'
      ? state.ratioBoundMs
      : (ladder.find((ms) => ms >= policy.thresholds.p95Ms) ?? null)
  const step = state.crossed?.step
  if (boundMs === null || !step || (facts.trigger === 'latencyRatio' && policy.mode === 'literal'))
    return `p95 ${bucket(facts.canary.p95Ms)}, ${bucket(facts.baseline?.p95Ms)} on the old version`
  const at = ladder.indexOf(boundMs)
  const old = facts.baseline
    ? `, ${group(slowerThan(step.baseline, at))} of ${group(step.baseline.timed)} on the old version`
    : ''
  const mine = `${group(slowerThan(step.canary, at))} of ${group(step.canary.timed)} canary requests`
  return `${mine} took longer than ${boundMs} ms${old}`
}

function unknownSentence(policy: AnalysisPolicy, state: AnalysisState, facts: Facts): string {
  const since = facts.blindMs > 0 ? ` for ${formatDuration(facts.blindMs)}` : ''
  if (state.blindness) return `nothing known${since}: ${WHY_BLIND[state.blindness]}`
  if (state.weight === 0) return 'nothing known yet: no traffic is meant for the new version'
  if (facts.canary.requests === 0) return `nothing known${since}: the new version has answered no request`
  if (facts.blindMs > 0) return `nothing known${since}: no request reaches the new version any more`
  const few = policy.mode === 'literal' && !hasLiteralTraffic(facts.canary.requests)
  return few ? `too few requests to judge by: ${numbers(facts)}` : 'nothing known'
}

function whyHeld(policy: AnalysisPolicy, state: AnalysisState, facts: Facts): string {
  const { shareMismatch: share, ruledOut, evidence, line } = facts
  if (share)
    return `the new version gets ${percent(share.observed)} of the traffic where ${percent(share.configured)} is configured`
  if (policy.mode === 'literal') return whyMaybeSlow(policy, state)
  if (evidence >= RULED_OUT_FROM)
    return `the evidence against the new version is ${evidence.toPrecision(2)} of the ${group(line)} that roll back`
  if (!ruledOut.errorRate) return `an error rate of ${percent(policy.thresholds.errorRate)} is not ruled out`
  if (!ruledOut.latencyP95) return whyMaybeSlow(policy, state)
  const largest = facts.largestRatioNotRuledOut
  const known = largest === null ? 'nothing is yet' : `${largest} times is`
  return `${ruledOut.needed} times the old version's error rate is not ruled out (${known})`
}

function whyMaybeSlow({ thresholds, mode }: AnalysisPolicy, state: AnalysisState): string {
  const { p95Ms } = thresholds
  if (limitBounds(state.ladderMs ?? [], p95Ms).accept === -1)
    return `no bound of the histogram is at or below ${p95Ms} ms, which nobody has accepted by a waiver of 3.2.5`
  return mode === 'literal' ? `the p95 may be above ${p95Ms} ms` : `a p95 above ${p95Ms} ms is not ruled out`
}

function grounds(policy: AnalysisPolicy, facts: Facts): string {
  if (policy.mode === 'literal') return 'no threshold is crossed'
  const { needed, ratio } = facts.ruledOut
  const largest = facts.largestRatioNotRuledOut
  if (!ratio) return `going on costs at most ${Math.ceil(facts.harmOfNextStep ?? 0)} failed requests`
  if (needed !== null && largest !== null && largest <= needed)
    return `${largest} times the old version's error rate is ruled out at 5 %`
  return `an error rate of ${percent(policy.thresholds.errorRate)} is ruled out at 5 %`
}

function numbers({ canary, baseline }: Facts): string {
  const mine = `${group(canary.errors)} of ${group(canary.requests)} canary requests failed`
  return baseline
    ? `${mine}, ${group(baseline.errors)} of ${group(baseline.requests)} on the old version`
    : mine
}

const bucket = (p95: readonly [number, number | null] | null | undefined): string =>
  !p95 ? 'unknown' : p95[1] === null ? `above ${p95[0]} ms` : `at most ${p95[1]} ms`

/** 2900 → 2,900: the same on every machine, whatever its locale. */
const group = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',')

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`
