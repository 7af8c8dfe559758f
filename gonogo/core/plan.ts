import { type Checklist, itemsOf, type PhaseId, type ProvedBy, type Stage } from './checklist.ts'
import { inPlaceNote } from './in-place.ts'
import { digestOf } from './json.ts'
import { circumstancesOf } from './plan-circumstances.ts'
import { planItem } from './plan-item.ts'
import { coarseSteps, stepsByPods } from './pod-shares.ts'
import type { Release } from './release.ts'
import type { Role } from './roles.ts'
import type { Service } from './service.ts'
import { stepsOf } from './strategies.ts'
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

/** What a deployment of this release would do about each item, in document order. Pure. */
export function makePlan(input: PlanInput): Plan {
  const { checklist, service } = input
  const { strategyReason, notes, ...around } = circumstancesOf(input)
  const { replicas = 1, byPods = false, inPlace = [] } = input
  const asked = stepsOf(around.strategy, service.policy, replicas)
  const isCoarse = byPods && around.strategy === 'canary'
  const steps = isCoarse ? stepsByPods(asked, replicas) : asked
  const items = withoutSurplusSteps(
    itemsOf(checklist).map((place) => planItem(place, around, input.boundChecks(place.item.id))),
    steps.length,
  )
  return {
    version: 1,
    checklist: { name: checklist.name, version: checklist.version, digest: digestOf(checklist) },
    strategy: around.strategy,
    strategyReason,
    flags: [...around.flags].sort(),
    notes: [
      ...notes,
      ...(isCoarse ? [coarseSteps(asked, replicas)] : []),
      ...(inPlace.length > 0 ? [inPlaceNote(inPlace, around.strategy, replicas)] : []),
    ],
    steps,
    ...(inPlace.length > 0 && { inPlace: true }),
    gates: Object.fromEntries(checklist.phases.flatMap(({ id, gate }) => (gate ? [[id, gate.votes]] : []))),
    items,
    counts: countItems(items),
  }
}

/** What a vote on the plan is bound to. */
export const planDigest = (plan: Plan): string => digestOf(plan)

/** The document has four steps; a policy with fewer leaves those before the last one without a step of their own. */
function withoutSurplusSteps(items: readonly PlanItem[], steps: number): PlanItem[] {
  const stepItems = items.filter((item) => item.proves === 'step' && item.applies === 'yes')
  const surplus = new Set(stepItems.slice(steps - 1, -1).map((item) => item.id))
  const reason = `the service's policy has ${steps} ${steps === 1 ? 'step' : 'steps'}, and this is none of them`
  return items.map((item) => (surplus.has(item.id) ? { ...item, applies: 'no', reason } : item))
}

function countItems(items: readonly PlanItem[]): PlanCounts {
  const count = (test: (item: PlanItem) => boolean) => items.filter(test).length
  const by = (proof: PlanItem['proof']) => count((item) => item.applies !== 'no' && item.proof === proof)
  return {
    items: items.length,
    applicable: count((item) => item.applies === 'yes'),
    later: count((item) => item.applies === 'later'),
    notApplicable: count((item) => item.applies === 'no'),
    byCheck: by('check'),
    byDeployment: by('deployment'),
    byPerson: by('attestation'),
  }
}
