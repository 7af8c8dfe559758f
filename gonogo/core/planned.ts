import type { Checklist, PhaseId, ProvedBy, Stage } from './checklist.ts'
import type { Release } from './release.ts'
import type { Role } from './roles.ts'
import type { Service } from './service.ts'
import type { Fact, Flag, Strategy } from './when.ts'

/** One item as this deployment will treat it. */
export type PlanItem = {
  readonly id: string
  readonly title: string
  readonly section: string
  readonly phase: PhaseId
  /** When it is evaluated. */
  readonly stage: Stage
  /** The gate by which it must hold; `execution` on a later stage: before traffic. Null: it follows the last vote. */
  readonly gate: PhaseId | null
  readonly applies: 'yes' | 'no' | 'later'
  /** Why it applies, does not, or is found out later. */
  readonly reason: string
  /** What the deployment must find out before it is known whether the item applies. */
  readonly fact: Fact | null
  /** What closes it here, after the fallback to a person where no check is bound. */
  readonly proof: 'check' | 'deployment' | 'attestation'
  /** For proof by the deployment: what in its log. */
  readonly proves: ProvedBy | null
  readonly bound: boolean
  readonly unboundReason: string | null
  readonly role: Role
  readonly strict: boolean
  /** How it is closed, in words. */
  readonly why: string
}

/** A weight in percent, and how long it is watched. */
export type PlanStep = {
  readonly weight: number
  readonly waitMs: number
  /** Pods of the new version, where its share is that of its pods; absent where something shares the requests. */
  readonly pods?: number
}

/** items = applicable + later + notApplicable; applicable + later = byCheck + byDeployment + byPerson. */
export type PlanCounts = {
  readonly items: number
  readonly applicable: number
  readonly later: number
  readonly notApplicable: number
  readonly byCheck: number
  readonly byDeployment: number
  readonly byPerson: number
}

export type Plan = {
  readonly version: 1
  readonly checklist: { readonly name: string; readonly version: string; readonly digest: string }
  readonly strategy: Strategy
  readonly strategyReason: string
  /** Flags in force: set by hand or derived. */
  readonly flags: readonly Flag[]
  /** What was decided against the release file, a sentence each. */
  readonly notes: readonly string[]
  readonly steps: readonly PlanStep[]
  /** A pod of the new version takes the place of one of the old; absent where it comes beside it. */
  readonly inPlace?: boolean
  readonly gates: Readonly<Partial<Record<PhaseId, readonly Role[]>>>
  readonly items: readonly PlanItem[]
  readonly counts: PlanCounts
}

export type PlanInput = {
  readonly checklist: Checklist
  readonly service: Service
  /** Null: no release is named yet; what depends on it is `later`. */
  readonly release: Release | null
  /** Null: the first deployment. Undefined: nobody has looked. */
  readonly stable?: Release | null | undefined
  /** Flags derived from the change, and facts; those that the release and the service show are added. */
  readonly facts: readonly string[]
  readonly boundChecks: (id: string) => { readonly bound: boolean; readonly reason?: string }
  /** Instances of the workload; the rolling strategy has a step for each. */
  readonly replicas?: number
  /** Nothing shares the requests: each pod gets as many as any other. */
  readonly byPods?: boolean
  /** Components that are updated in place, in words. */
  readonly inPlace?: readonly string[]
}
