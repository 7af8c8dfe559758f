import { itemsOf } from './checklist.ts'
import { inPlaceNote } from './in-place.ts'
import { digestOf } from './json.ts'
import { circumstancesOf } from './plan-circumstances.ts'
import { planItem } from './plan-item.ts'
import type { Plan, PlanCounts, PlanInput, PlanItem } from './planned.ts'
import { coarseSteps, stepsByPods } from './pod-shares.ts'
import { stepsOf } from './strategies.ts'

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
