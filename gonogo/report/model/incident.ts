import type { Action } from '#core/statement.ts'
import type { ReportInput } from '../report-input.ts'
import { duration, iso } from '../wording.ts'
import { minutesToRestore } from './rollback-times.ts'
import { nameOf } from './signatures.ts'
import { type ArmWords, armWords } from './steps.ts'
import { type TimelineEntry, timelineOf } from './timeline.ts'

/** Who decided, where no person did. */
export const AUTOMATIC = 'gonogo, by the criterion'

/** What happened, why, how soon it was seen, and whom it hurt. */
export type IncidentEntry = {
  readonly decidedAt: string
  readonly decidedBy: string
  readonly authorisedBy: string | null
  readonly criterion: string
  readonly cause: string
  /** A person's signed words; the log knows the trigger, not the root. */
  readonly rootCause: string | null
  readonly canary: ArmWords
  readonly baseline: ArmWords | null
  readonly detectedAfter: string | null
  readonly trafficZeroAfter: string | null
  readonly minutesToRestore: string | null
  readonly restored: string | null
  readonly failedRequests: number | null
  /** From the first traffic on the new version to its last. */
  readonly exposure: string | null
  readonly completedAt: string | null
  readonly timeline: readonly TimelineEntry[]
}

export function incidentOf(input: ReportInput): IncidentEntry | null {
  const { state } = input
  const rollback = state.rollback
  if (!rollback) return null
  const { decided, completed } = rollback
  const said = (action: Action) =>
    state.decisions.findLast((d) => d.event.statement.action === action)?.event.statement
  const authorised = said('authorise')
  const rootCause = said('root-cause')
  const first = state.steps[0]?.startedAt ?? null
  const zeroMs = completed?.event.trafficZeroAfterMs ?? null
  return {
    decidedAt: iso(decided.at),
    decidedBy: decided.event.by ? nameOf(state, decided.event.by) : AUTOMATIC,
    authorisedBy: authorised ? nameOf(state, authorised.person) : null,
    criterion: decided.event.criterion,
    cause: decided.event.reason,
    rootCause: rootCause ? `${rootCause.reason} (${nameOf(state, rootCause.person)})` : null,
    canary: armWords(decided.event.numbers?.canary ?? null),
    baseline: decided.event.numbers?.baseline ? armWords(decided.event.numbers.baseline) : null,
    detectedAfter: decided.event.detectedAfterMs === null ? null : duration(decided.event.detectedAfterMs),
    trafficZeroAfter: zeroMs === null ? null : duration(zeroMs),
    minutesToRestore: minutesToRestore(state),
    restored: completed?.event.restored ?? null,
    failedRequests: completed?.event.failedRequests ?? null,
    exposure: first === null ? null : duration(decided.at + (zeroMs ?? 0) - first),
    completedAt: completed ? iso(completed.at) : null,
    timeline: timelineOf(input).filter((e) => Date.parse(e.at) >= (first ?? decided.at)),
  }
}
