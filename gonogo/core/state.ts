import type { Stage } from './checklist.ts'
import type {
  AnalysisJudged,
  Attested,
  CheckSettled,
  Decided,
  Effect,
  FaultSeen,
  FinalStatus,
  Opened,
  PresenceAsked,
  Recorded,
  RollbackCompleted,
  RollbackDecided,
  StepDecided,
  Voted,
  Waived,
  WatchStarted,
} from './events.ts'

/** Everything that the log says of one item. */
export type ItemRecord = {
  readonly check: Recorded<CheckSettled> | null
  /** Results before the last one, oldest first; at most 20 are kept here, the log has all. */
  readonly before: readonly Recorded<CheckSettled>[]
  /** How often in a row the last verdict came. */
  readonly streak: number
  readonly attestation: Recorded<Attested> | null
  readonly waiver: Recorded<Waived> | null
}

export type EffectRecord = {
  readonly key: string
  readonly effect: Effect
  readonly attempts: number
  /** Attempts that ended in a failure. */
  readonly failures: number
  readonly intendedAt: number
  readonly settled: {
    readonly at: number
    readonly ok: boolean
    readonly code: string | null
    readonly detail: string
    readonly lastRequestAtMs: number | null
    readonly failedRequests: number | null
  } | null
}

export type StepRecord = {
  readonly step: number
  readonly weight: number
  readonly startedAt: number
  /** Of the record that began it: what the log has after it came after it, whatever the clocks say. */
  readonly seq: number
  readonly dueAtMs: number
  readonly extended: boolean
  readonly decision: Recorded<StepDecided> | null
}

export type RollbackRecord = {
  readonly decided: Recorded<RollbackDecided>
  readonly completed: Recorded<RollbackCompleted> | null
}

/** A deployment as its log tells it. Everything a person sees is a view of this. */
export type DeploymentState = {
  readonly id: string
  readonly seq: number
  readonly openedAt: number
  readonly lastAt: number
  readonly opened: Opened
  readonly stage: Stage
  readonly stageEnteredAt: Readonly<Partial<Record<Stage, number>>>
  readonly items: Readonly<Record<string, ItemRecord>>
  readonly votes: readonly Recorded<Voted>[]
  readonly gates: Readonly<Record<string, { readonly at: number; readonly evidenceRoot: string }>>
  readonly effects: Readonly<Record<string, EffectRecord>>
  readonly steps: readonly StepRecord[]
  readonly analysis: Recorded<AnalysisJudged> | null
  readonly decisions: readonly Recorded<Decided>[]
  readonly paused: boolean
  readonly hold: { readonly at: number; readonly reason: string } | null
  /** What somebody else changed of what was declared; accepted by who resumes. */
  readonly drift: { readonly at: number; readonly detail: string; readonly isAccepted: boolean } | null
  readonly fault: Recorded<FaultSeen> | null
  readonly watch: Recorded<WatchStarted> | null
  readonly watchHolder: string | null
  /** Each time that the watch was asked whether it is kept. */
  readonly prompts: readonly Recorded<PresenceAsked>[]
  readonly rollback: RollbackRecord | null
  readonly reports: Readonly<Record<string, { readonly at: number; readonly digest: string }>>
  readonly closed: { readonly at: number; readonly status: FinalStatus } | null
}

export const emptyItem: ItemRecord = { check: null, before: [], streak: 0, attestation: null, waiver: null }

/** Whether an effect changes production; the others tell people of it. */
export const changesProduction = ({ kind }: Effect): boolean => kind !== 'notify' && kind !== 'report'

/** True from the first change to production on: the criteria are armed, and going back is possible. */
export const isProductionChanged = (state: DeploymentState): boolean =>
  Object.values(state.effects).some(({ effect }) => changesProduction(effect))

/** What somebody else changed, and nobody has accepted; null where there is nothing. */
export const openDrift = ({ drift }: DeploymentState): string | null =>
  drift && !drift.isAccepted ? drift.detail : null

/** Why nothing more is changed until a person resumes, or the reason is gone; null where it goes on by itself. */
export const heldBy = (state: DeploymentState): string | null =>
  openDrift(state) ?? state.hold?.reason ?? null
