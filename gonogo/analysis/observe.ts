import type { Scrape } from '#core/sample.ts'
import { type ArmEvents, betOnHarm, betOnHealth, stakesOf } from './betting.ts'
import { circumstances, prepare } from './circumstances.ts'
import { type Arms, type Counts, slowerThan } from './counts.ts'
import { copyEvidence, evidenceAgainst, TRIGGER_WEIGHTS, triggerEvidence } from './evidence.ts'
import { limitBounds } from './latency-bound.ts'
import { literalCrossing } from './literal.ts'
import { type AnalysisPolicy, TRIGGERS, type Trigger } from './policy.ts'
import { type ObserveContext, readScrape } from './read-scrape.ts'
import { type AnalysisState, type Crossing, onClock } from './state.ts'
import { counted, stepNumbers } from './tally.ts'

/**
 * One interval: a scrape (null: the source did not answer) and what was configured, into the state. Pure: the same
 * scrapes in the same order give the same state bit for bit. What cannot be used leaves the evidence as it was.
 */
export function observe(
  policy: AnalysisPolicy,
  remembered: AnalysisState,
  scrape: Scrape | null,
  context: ObserveContext,
): AnalysisState {
  const before = onClock(remembered, context.atMs)
  if (comesTooSoon(policy, before, scrape, context)) return before
  const state = enter(before, context)
  const reading = readScrape(state, scrape, context)
  if (reading.kind === 'unknown') return { ...state, blindness: reading.why }
  if (!reading.interval) return { ...reading.state, ...steady(reading.state), blindness: 'first reading' }
  const seen = counted(policy, reading.state, reading.interval, state.scrapeAtMs as number, context)
  return bet(policy, seen, reading.interval, before.total, context)
}

/** Before the first scrape nothing was counted: the step and the share start here. */
const steady = (state: AnalysisState): Partial<AnalysisState> => ({
  atStepStart: state.total,
  atWeightSet: state.total,
})

/** The bound on dependence is the interval: a burst must not be split over two of them by reading faster. */
function comesTooSoon(
  policy: AnalysisPolicy,
  state: AnalysisState,
  scrape: Scrape | null,
  context: ObserveContext,
): boolean {
  if (!scrape || state.scrapeAtMs === null || context.step !== state.step) return false
  const sinceMs = scrape.atMs - state.scrapeAtMs
  return sinceMs > 0 && sinceMs < policy.intervalMs / 2 && context.configuredWeight === state.weight
}

/** Notes what is configured now: a new step counts from here, a rise of the weight brings stake into play. */
function enter(state: AnalysisState, context: ObserveContext): AnalysisState {
  const { step, configuredWeight: weight, atMs } = context
  const isRise = weight > state.weight && state.weight > 0
  return {
    ...state,
    atMs,
    step,
    stepAtMs: step === state.step ? (state.stepAtMs ?? atMs) : atMs,
    weight,
    hasBaseline: context.baselineVersion !== null,
    latencyGapAccepted: context.latencyGapAccepted ?? false,
    rises: Math.min(2, state.rises + (isRise ? 1 : 0)),
    armedAtMs: weight > 0 ? (state.armedAtMs ?? atMs) : null,
    atStepStart: step === state.step ? state.atStepStart : state.total,
    atWeightSet: weight === state.weight ? state.atWeightSet : null,
  }
}

function bet(
  policy: AnalysisPolicy,
  state: AnalysisState,
  interval: Arms,
  totalBefore: Arms,
  context: ObserveContext,
): AnalysisState {
  const ready = prepare(policy, state, totalBefore)
  if (context.configuredWeight === 0 || interval.canary.requests === 0) return ready
  const how = circumstances(policy, ready)
  const bounds = boundIndexes(policy, ready)
  const canary = eventsOf(interval.canary, bounds)
  const baseline = eventsOf(interval.baseline, bounds)
  const evidence = copyEvidence(ready.evidence)
  const stakes = stakesOf(policy)
  betOnHarm(evidence, stakes, canary, baseline, how)
  betOnHealth(evidence, stakes, canary, baseline, how)
  const after = { ...ready, evidence }
  return { ...after, crossed: after.crossed ?? crossing(policy, after) }
}

type BoundIndexes = { readonly slow: number; readonly fast: number; readonly over: number }

function boundIndexes(policy: AnalysisPolicy, state: AnalysisState): BoundIndexes {
  const ladder = state.ladderMs ?? []
  const { rollback, accept } = limitBounds(ladder, policy.thresholds.p95Ms)
  return { slow: rollback, fast: accept, over: ladder.indexOf(state.ratioBoundMs ?? -1) }
}

const eventsOf = (counts: Counts, at: BoundIndexes): ArmEvents => ({
  requests: counts.requests,
  errors: counts.errors,
  timed: counts.timed,
  slow: slowerThan(counts, at.slow),
  notFast: slowerThan(counts, at.fast),
  over: slowerThan(counts, at.over),
})

/** The first time the line is crossed, with the numbers of that moment; nothing afterwards takes it back. */
function crossing(policy: AnalysisPolicy, state: AnalysisState): Crossing | null {
  const evidence = evidenceAgainst(state.evidence)
  const trigger =
    policy.mode === 'literal'
      ? literalCrossing(policy, state)
      : evidence >= 1 / policy.alpha
        ? loudest(state)
        : null
  if (!trigger || state.atMs === null) return null
  const afterMs = Math.max(0, state.atMs - (state.firstRequestAtMs ?? state.atMs))
  return { atMs: state.atMs, afterMs, trigger, evidence, step: stepNumbers(state) }
}

function loudest(state: AnalysisState): Trigger {
  const m = triggerEvidence(state.evidence)
  return TRIGGERS.reduce((a, b) => (TRIGGER_WEIGHTS[b] * m[b] > TRIGGER_WEIGHTS[a] * m[a] ? b : a))
}
