import type { Counts } from './counts.ts'
import { evidenceAgainst, TRIGGER_WEIGHTS, triggerEvidence } from './evidence.ts'
import type { AnalysisVerdict, ArmNumbers, BothArms, Judgement } from './judgement.ts'
import { limitBounds, quantileBucket } from './latency-bound.ts'
import { hasLiteralTraffic } from './literal.ts'
import { type AnalysisPolicy, TRIGGERS } from './policy.ts'
import { harmOfNextStep, isSuspect, largestRatioNotRuledOut, ruledOut } from './proceeding.ts'
import { sentenceOf } from './sentence.ts'
import type { AnalysisState } from './state.ts'
import { stepNumbers, windowNumbers } from './tally.ts'
import { shareMismatch } from './traffic-share.ts'

/** What the state says now. `proceed` is only meant at the end of a step's wait; it may be asked at any time. */
export function judge(policy: AnalysisPolicy, state: AnalysisState): Judgement {
  const { crossed } = state
  const step = crossed?.step ?? stepNumbers(state)
  const window = windowNumbers(policy, state)
  const blindMs = blindSince(state)
  const verdict = verdictOf(policy, state)
  const facts = {
    verdict,
    step: state.step,
    isOnBudget: verdict === 'proceed' && policy.mode === 'sequential' && !ruledOut(policy, state).ratio,
    trigger: crossed?.trigger ?? null,
    evidence: crossed?.evidence ?? evidenceAgainst(state.evidence),
    line: 1 / policy.alpha,
    perTrigger: perTrigger(state),
    largestRatioNotRuledOut: largestRatioNotRuledOut(policy, state),
    ruledOut: ruledOut(policy, state),
    shareMismatch: shareMismatch(state),
    harmOfNextStep: harmOfNextStep(policy, state),
    blindMs,
    isBlindTooLong: blindMs > policy.maxBlindMs,
    detectedAfterMs: crossed?.afterMs ?? null,
    ...armNumbers(state, step.canary, step.baseline),
    appendixC: {
      windowMs: policy.literal.windowMs,
      ...armNumbers(state, window.canary, window.baseline),
    },
  }
  return { ...facts, sentence: sentenceOf(policy, state, facts) }
}

function verdictOf(policy: AnalysisPolicy, state: AnalysisState): AnalysisVerdict {
  if (state.crossed) return 'rollback'
  if (isUnknown(policy, state)) return 'unknown'
  if (shareMismatch(state)) return 'hold'
  if (policy.mode === 'literal') return verdictRead(policy, state)
  if (isSuspect(state)) return 'hold'
  const out = ruledOut(policy, state)
  if (!out.errorRate || !out.latencyP95) return 'hold'
  if (out.ratio) return 'proceed'
  const harm = harmOfNextStep(policy, state)
  return policy.harmBudget && harm !== null && harm <= policy.harmBudget.maxFailedRequests
    ? 'proceed'
    : 'hold'
}

function verdictRead(policy: AnalysisPolicy, state: AnalysisState): AnalysisVerdict {
  const { canary } = stepNumbers(state)
  const ladder = state.ladderMs ?? []
  const p95 = quantileBucket(windowNumbers(policy, state).canary, ladder, 0.95)
  const { accept } = limitBounds(ladder, policy.thresholds.p95Ms)
  const isBelow = p95 !== null && p95[1] !== null && p95[1] <= (ladder[accept] ?? 0)
  const isFast = accept === -1 ? state.latencyGapAccepted : isBelow
  if (!hasLiteralTraffic(canary.requests)) return 'unknown'
  return isFast ? 'proceed' : 'hold'
}

/** Nothing usable now, no canary request in this step yet, or silence that chance does not explain. */
function isUnknown(policy: AnalysisPolicy, state: AnalysisState): boolean {
  const { canary, baseline } = stepNumbers(state)
  if (state.blindness || state.weight === 0 || canary.requests === 0) return true
  const sinceAnyMs = (state.atMs ?? 0) - (state.trafficAtMs ?? 0)
  const all = canary.requests + baseline.requests
  return (
    blindSince(state) > patienceMs(policy, state, canary.requests) ||
    sinceAnyMs > patienceMs(policy, state, all)
  )
}

/** How long no request may come before that is news: ten mean gaps (chance e⁻¹⁰), at most `maxBlindMs`. */
function patienceMs(policy: AnalysisPolicy, state: AnalysisState, requests: number): number {
  const elapsedMs = (state.knownAtMs ?? 0) - (state.stepAtMs ?? 0)
  return Math.min(policy.maxBlindMs, (10 * Math.max(0, elapsedMs)) / requests)
}

/** Since the canary was last seen to answer, or since it was meant to have traffic. */
function blindSince(state: AnalysisState): number {
  if (state.atMs === null || state.armedAtMs === null) return 0
  return Math.max(0, state.atMs - Math.max(state.armedAtMs, state.knownAtMs ?? state.armedAtMs))
}

function perTrigger(state: AnalysisState): Judgement['perTrigger'] {
  const evidence = triggerEvidence(state.evidence)
  const entries = TRIGGERS.map((t) => [t, { evidence: evidence[t], weight: TRIGGER_WEIGHTS[t] }])
  return Object.fromEntries(entries) as Judgement['perTrigger']
}

const armNumbers = (state: AnalysisState, canary: Counts, baseline: Counts): BothArms => ({
  canary: numbersOf(state, canary),
  baseline: state.hasBaseline ? numbersOf(state, baseline) : null,
})

const numbersOf = (state: AnalysisState, counts: Counts): ArmNumbers => ({
  requests: counts.requests,
  errors: counts.errors,
  errorRatio: counts.requests > 0 ? counts.errors / counts.requests : null,
  p95Ms: quantileBucket(counts, state.ladderMs ?? [], 0.95),
})
