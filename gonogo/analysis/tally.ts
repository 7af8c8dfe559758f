import { type Arms, addArms, subtractArms } from './counts.ts'
import type { AnalysisPolicy } from './policy.ts'
import type { ObserveContext } from './read-scrape.ts'
import type { AnalysisState } from './state.ts'

const HISTORY_SLOTS = 60

/** The state with this interval's counts: totals, Appendix C's window, and when the canary last answered. */
export function counted(
  policy: AnalysisPolicy,
  state: AnalysisState,
  interval: Arms,
  intervalStartMs: number,
  context: ObserveContext,
): AnalysisState {
  const total = addArms(state.total, interval)
  const answered = context.configuredWeight > 0 && interval.canary.requests > 0
  const isQuiet = interval.canary.requests + interval.baseline.requests === 0
  return {
    ...state,
    total,
    blindness: null,
    atWeightSet: state.atWeightSet ?? total,
    trafficAtMs: isQuiet ? state.trafficAtMs : context.atMs,
    knownAtMs: answered ? context.atMs : state.knownAtMs,
    firstRequestAtMs: state.firstRequestAtMs ?? (answered ? Math.min(intervalStartMs, context.atMs) : null),
    history: remember(policy, state, intervalStartMs),
  }
}

/** Totals before this interval, one a sixtieth of the window, back to the newest that is older than the window. */
function remember(policy: AnalysisPolicy, state: AnalysisState, atMs: number): AnalysisState['history'] {
  const { history, total } = state
  const { windowMs } = policy.literal
  const newest = history[history.length - 1]
  if (newest && Math.abs(atMs - newest.atMs) < windowMs / HISTORY_SLOTS) return history
  const oldest = history.findLastIndex((h) => h.atMs <= atMs - windowMs)
  return [...history.slice(Math.max(0, oldest)), { atMs, total }].slice(-HISTORY_SLOTS - 2)
}

/** Both versions' counts since the step began. */
export const stepNumbers = (state: AnalysisState): Arms => subtractArms(state.total, state.atStepStart)

/** Both versions' counts in Appendix C's window (`windowMs` and at most a sixtieth more). */
export function windowNumbers(policy: AnalysisPolicy, state: AnalysisState): Arms {
  const from = (state.atMs ?? 0) - policy.literal.windowMs
  const start = state.history.findLast((h) => h.atMs <= from) ?? state.history[0]
  return subtractArms(state.total, start?.total ?? state.total)
}
