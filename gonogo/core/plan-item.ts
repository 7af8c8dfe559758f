import { type Item, type Phase, type PhaseId, type Section, STAGES, type Stage } from './checklist.ts'
import { type Circumstances, evaluateWhen } from './plan-applies.ts'
import type { PlanInput, PlanItem } from './planned.ts'
import { ROLES } from './roles.ts'

type Place = { readonly item: Item; readonly section: Section; readonly phase: Phase }
type Binding = ReturnType<PlanInput['boundChecks']>

/** One item of the checklist as this deployment will treat it. */
export function planItem({ item, section, phase }: Place, around: Circumstances, binding: Binding): PlanItem {
  const stage = item.stage ?? section.stage
  const gate = item.gate ?? gateOf(stage, phase.id)
  const proof = proofOf(item, binding.bound)
  return {
    id: item.id,
    title: item.title,
    section: section.id,
    phase: phase.id,
    stage: beforeTheVote(stage, gate, proof),
    gate,
    ...evaluateWhen(item.when, around),
    proof,
    proves: item.proof.by ?? null,
    bound: binding.bound,
    unboundReason: proof === 'attestation' ? unboundReason(item, binding) : null,
    role: item.role,
    strict: item.strict,
    why: whyOf(item, proof, binding),
  }
}

const unboundReason = (item: Item, binding: Binding): string =>
  item.proof.kind === 'attestation' ? 'only a person can prove it' : (binding.reason ?? 'no check is bound')

function proofOf(item: Item, isBound: boolean): PlanItem['proof'] {
  if (item.proof.kind === 'deployment') return 'deployment'
  return isBound || item.strict ? 'check' : 'attestation'
}

function whyOf(item: Item, proof: PlanItem['proof'], binding: Binding): string {
  const only = item.strict ? '; neither an attestation nor a waiver closes it' : ''
  if (proof === 'deployment') return `the deployment's own log proves it${only}`
  if (proof === 'check') return `a check proves it${only}`
  return `${unboundReason(item, binding)}; the ${ROLES[item.role]} attests it`
}

/** The gate that a stage belongs to. The component probes of the appendix must hold before traffic. */
function gateOf(stage: Stage, phase: PhaseId): PhaseId | null {
  if (stage === 'planning' || stage === 'preparation') return stage
  if (stage === 'prechecks' || (phase === 'appendix' && stage !== 'rollback')) return 'execution'
  return phase === 'watch' ? 'watch' : null
}

/** A person's word that the gate asks for is taken before the last vote, not while the new version stands waiting. */
function beforeTheVote(stage: Stage, gate: PhaseId | null, proof: PlanItem['proof']): Stage {
  const isLate = STAGES.indexOf(stage) > STAGES.indexOf('prechecks')
  return gate === 'execution' && proof === 'attestation' && isLate ? 'prechecks' : stage
}
