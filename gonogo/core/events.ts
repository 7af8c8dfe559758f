import type { Flag, Stage, Strategy } from './checklist.ts'
import type { Json } from './json.ts'
import type { Plan } from './planned.ts'
import type { Release } from './release.ts'
import type { Role } from './roles.ts'
import type { Policy, Service } from './service.ts'

import type { Attestation, Decision, Signed, Vote, Waiver } from './statement.ts'
import type { Verdict } from './verdict.ts'

/** A person as the deployment knows them: copied into the first event so that the log stands alone. */
export type RosterEntry = {
  readonly name: string
  readonly contact: string
  readonly roles: readonly Role[]
  readonly backupFor: readonly Role[]
  readonly keys: readonly string[]
  readonly demo: boolean
  readonly bot: boolean
}

/** What `decide` must know of a bound check. */
export type CheckRule = {
  readonly maxAgeMs: number
  readonly recheck: boolean
  readonly after: readonly string[]
}

export type EvidenceEntry = {
  readonly name: string
  readonly mediaType: string
  readonly digest: string
  readonly bytes: number
}

export type Opened = {
  readonly type: 'opened'
  readonly service: string
  readonly environment: string
  readonly release: Release
  readonly releaseDigest: string
  readonly stable: Release | null
  readonly strategy: Strategy
  readonly replicas: number
  /** The public address when it was opened; older logs have none. */
  readonly url?: string
  readonly plan: Plan
  readonly planDigest: string
  readonly policy: Policy
  readonly sla: Service['sla']
  readonly roster: Readonly<Record<string, RosterEntry>>
  readonly authors: readonly string[]
  readonly checks: Readonly<Record<string, CheckRule>>
  readonly audiences: readonly string[]
  readonly flags: readonly Flag[]
}

export type CheckSettled = {
  readonly type: 'checkSettled'
  readonly item: string
  readonly verdict: Verdict
  readonly summary: string
  readonly claim: Json
  readonly claimDigest: string
  readonly source: string
  readonly population: string | null
  readonly evidence: readonly EvidenceEntry[]
  readonly blanks: Readonly<Record<string, string>>
  readonly durationMs: number
  readonly evidenceAtMs: number | null
}

export type Effect =
  | { readonly kind: 'migrate'; readonly direction: 'up' | 'down'; readonly to: number | null }
  | { readonly kind: 'deploy'; readonly version: string; readonly replicas: number }
  | { readonly kind: 'scale'; readonly version: string; readonly replicas: number }
  | {
      readonly kind: 'weights'
      readonly weights: Readonly<Record<string, number>>
      /** The shares are those of the pods. Absent where something shares the requests. */
      readonly byPods?: boolean
    }
  | { readonly kind: 'promote'; readonly version: string }
  | { readonly kind: 'revert'; readonly version: string; readonly drop: string }
  | { readonly kind: 'cleanup'; readonly keep: readonly string[] }
  | { readonly kind: 'notify'; readonly audience: string; readonly message: string }
  | { readonly kind: 'report'; readonly name: 'report' | 'incident' }

export type EffectIntended = {
  readonly type: 'effectIntended'
  readonly key: string
  readonly effect: Effect
  readonly attempt: number
}
export type EffectSettled = {
  readonly type: 'effectSettled'
  readonly key: string
  readonly ok: boolean
  readonly code: string | null
  readonly detail: string
  readonly durationMs: number
  /** Epoch ms of the last request the version ended by this effect had answered; null when nobody counted. */
  readonly lastRequestAtMs?: number | null
  /** Requests that this version had failed by then; null when nobody counted. */
  readonly failedRequests?: number | null
}

/** One version's counts since the step began; p95 as its histogram bucket, in ms. */
export type ArmNumbers = {
  readonly requests: number
  readonly errors: number
  /** Share of failed requests, 0…1; null without requests. */
  readonly errorRatio: number | null
  readonly p95Ms: readonly [number, number | null] | null
}

type BothArms = { readonly canary: ArmNumbers; readonly baseline: ArmNumbers | null }

/** A step's own numbers, and beside them those of Appendix C, over its window; older logs lack these. */
export type Numbers = BothArms & { readonly appendixC?: BothArms & { readonly windowMs: number } }

export type AnalysisJudged = {
  readonly type: 'analysisJudged'
  readonly verdict: 'rollback' | 'proceed' | 'hold' | 'unknown'
  readonly trigger: string | null
  readonly step: number
  readonly sentence: string
  readonly evidence: number
  readonly line: number
  readonly largestRatioNotRuledOut: number | null
  readonly detectedAfterMs: number | null
  readonly blindMs: number
  /** `proceed` by the harm budget: what was to be ruled out is not. Absent in older logs. */
  readonly isOnBudget?: boolean
  readonly numbers: Numbers
}

export type GateOpened = {
  readonly type: 'gateOpened'
  readonly gate: string
  readonly evidenceRoot: string
  readonly votes: readonly string[]
}
export type StageEntered = { readonly type: 'stageEntered'; readonly stage: Stage }
export type StepStarted = {
  readonly type: 'stepStarted'
  readonly step: number
  readonly weight: number
  readonly dueAtMs: number
}
export type StepExtended = {
  readonly type: 'stepExtended'
  readonly step: number
  readonly dueAtMs: number
  readonly reason: string
}
export type StepDecided = {
  readonly type: 'stepDecided'
  readonly step: number
  readonly weight: number
  readonly decision: 'proceed' | 'rollback'
  readonly sentence: string
  readonly numbers: Numbers | null
  readonly by: string | null
}
export type Held = { readonly type: 'held'; readonly reason: string }
export type Released = { readonly type: 'released'; readonly reason: string }
/** A trigger that needs no statistics: crash loop, readiness lost, data integrity, critical finding. */
export type FaultSeen = { readonly type: 'faultSeen'; readonly criterion: string; readonly detail: string }
/** Somebody else changed what the deployment had declared: nothing more is changed until it is as declared, or a person resumes. */
export type DriftSeen = { readonly type: 'driftSeen'; readonly detail: string }
export type DriftGone = { readonly type: 'driftGone' }
export type WatchStarted = {
  readonly type: 'watchStarted'
  readonly firstHourEndsAtMs: number
  readonly endsAtMs: number
}
/** Are you there? Whoever holds the watch answers by a signed `present` that names this record. */
export type PresenceAsked = { readonly type: 'presenceAsked'; readonly dueAtMs: number }
export type RollbackDecided = {
  readonly type: 'rollbackDecided'
  readonly criterion: string
  readonly reason: string
  readonly by: string | null
  readonly detectedAfterMs: number | null
  readonly numbers: Numbers | null
}
export type RollbackCompleted = {
  readonly type: 'rollbackCompleted'
  readonly restored: 'yes' | 'partial' | 'no'
  readonly trafficZeroAfterMs: number | null
  readonly failedRequests: number
}
export type SamplesSealed = {
  readonly type: 'samplesSealed'
  readonly fromMs: number
  readonly toMs: number
  readonly count: number
  readonly digest: string
}
export type ReportWritten = { readonly type: 'reportWritten'; readonly name: string; readonly digest: string }
export type Closed = { readonly type: 'closed'; readonly status: FinalStatus }
export type FinalStatus = 'success' | 'success-with-issues' | 'rolled-back' | 'not-started'

export type Attested = { readonly type: 'attested'; readonly item: string } & Signed<Attestation>
export type Waived = { readonly type: 'waived'; readonly item: string } & Signed<Waiver>
export type Voted = { readonly type: 'voted' } & Signed<Vote>
export type Decided = { readonly type: 'decided' } & Signed<Decision>

export type DeploymentEvent =
  | Opened
  | CheckSettled
  | Attested
  | Waived
  | Voted
  | Decided
  | GateOpened
  | StageEntered
  | EffectIntended
  | EffectSettled
  | AnalysisJudged
  | StepStarted
  | StepExtended
  | StepDecided
  | Held
  | Released
  | FaultSeen
  | DriftSeen
  | DriftGone
  | WatchStarted
  | PresenceAsked
  | RollbackDecided
  | RollbackCompleted
  | SamplesSealed
  | ReportWritten
  | Closed

/** An event as it stands in the log. `at` is epoch ms. */
export type Recorded<E extends DeploymentEvent = DeploymentEvent> = {
  readonly seq: number
  readonly at: number
  readonly event: E
}
