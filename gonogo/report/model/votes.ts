import type { PhaseId } from '#core/checklist.ts'
import { gateView } from '#core/gates.ts'
import type { Role } from '#core/roles.ts'
import type { ReportInput } from '../report-input.ts'
import { iso } from '../wording.ts'
import { momentOf } from './item-entries.ts'
import { type SignatureEntry, signatureEntry } from './signatures.ts'

export type VoteEntry = {
  readonly gate: PhaseId
  readonly roleId: Role
  readonly vote: 'GO' | 'NO-GO'
  readonly by: SignatureEntry
  readonly reason: string | null
  readonly evidenceRoot: string
  /** True when it is bound to the evidence on which the gate opened, or stands on now. */
  readonly counts: boolean
}

export type GateEntry = {
  readonly gate: PhaseId
  readonly title: string
  readonly openedAt: string | null
  /** On which it opened; of the evidence as it is now while it is shut. */
  readonly evidenceRoot: string
  readonly asked: readonly Role[]
  readonly votes: readonly VoteEntry[]
}

/** Every vote cast at a gate, in the order cast, those that were voided too. */
export function gateVotes(input: ReportInput, gate: PhaseId): VoteEntry[] {
  const { state } = input
  const root = rootOf(input, gate)
  return state.votes
    .filter(({ event }) => event.statement.gate === gate)
    .map(({ event, seq }) => {
      const { statement } = event
      const later = state.votes.some(
        (v) => v.seq > seq && v.event.statement.gate === gate && v.event.statement.role === statement.role,
      )
      const counts = statement.evidenceRoot === root && !later
      const { vote, reason = null, role, evidenceRoot } = statement
      return { gate, roleId: role, vote, by: signatureEntry(state, event), reason, evidenceRoot, counts }
    })
}

const rootOf = (input: ReportInput, gate: PhaseId): string =>
  input.state.gates[gate]?.evidenceRoot ?? gateView(input.state, gate, momentOf(input)).evidenceRoot

export function gateEntries(input: ReportInput): GateEntry[] {
  return input.checklist.phases.flatMap((phase) => {
    if (!phase.gate) return []
    const opened = input.state.gates[phase.id]
    return [
      {
        gate: phase.id,
        title: phase.gate.title,
        openedAt: opened ? iso(opened.at) : null,
        evidenceRoot: rootOf(input, phase.id),
        asked: phase.gate.votes,
        votes: gateVotes(input, phase.id),
      },
    ]
  })
}
