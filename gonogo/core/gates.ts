import type { PhaseId, Stage } from './checklist.ts'
import { itemStatus, stageIndex } from './items.ts'
import { digestOf } from './json.ts'
import { isEntitled } from './people.ts'
import type { PlanItem } from './planned.ts'
import type { Role } from './roles.ts'
import type { DeploymentState } from './state.ts'
import { isGood } from './verdict.ts'

/** The stage whose end each gate guards; everything up to it must be good. */
const GATE_STAGES: Readonly<Partial<Record<PhaseId, Stage>>> = {
  planning: 'planning',
  preparation: 'preparation',
  execution: 'prechecks',
  watch: 'cleanup',
}

export type GateView = {
  readonly gate: PhaseId
  readonly evidenceRoot: string
  readonly blockers: readonly PlanItem[]
  readonly votes: readonly {
    readonly role: Role
    readonly state: 'GO' | 'NO-GO' | 'void' | 'none'
    readonly person: string | null
    readonly seq: number | null
  }[]
  readonly isOpen: boolean
}

/** The items that a gate asks for, in document order. */
export function itemsBefore(state: DeploymentState, gate: PhaseId): readonly PlanItem[] {
  const last = stageIndex(GATE_STAGES[gate] ?? 'planning')
  return state.opened.plan.items.filter((item) => item.stage !== 'rollback' && stageIndex(item.stage) <= last)
}

/**
 * SHA-256 over the canonical list of [item id, status, claim digest] of everything the gate asks for, without times and
 * without votes. Items that the deployment proves by its own log (the votes among them) are left out.
 */
export function evidenceRoot(state: DeploymentState, gate: PhaseId, now: number): string {
  const rows = itemsBefore(state, gate)
    .filter((item) => item.proof !== 'deployment')
    .map((item) => {
      const status = itemStatus(state, item, now)
      return [item.id, status.state, status.claimDigest] as const
    })
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
  return digestOf(rows)
}

/** Where the evidence cannot be there yet (staging, in phase 1), unknown passes to the gate the item names; a failure never does. */
function isBlocking(state: DeploymentState, item: PlanItem, gate: PhaseId, now: number): boolean {
  const { state: is } = itemStatus(state, item, now)
  if (isGood(is)) return false
  const due = item.gate ? GATE_STAGES[item.gate] : undefined
  const isLater = due !== undefined && stageIndex(due) > stageIndex(GATE_STAGES[gate] ?? 'planning')
  return !(isLater && is !== 'failed')
}

/** A gate as it stands: what blocks it, and each asked role's vote on exactly this evidence. */
export function gateView(state: DeploymentState, gate: PhaseId, now: number): GateView {
  const root = evidenceRoot(state, gate, now)
  const roles = state.opened.plan.gates[gate] ?? []
  const blockers = itemsBefore(state, gate).filter(
    (item) => item.proves !== 'votes' && isBlocking(state, item, gate, now),
  )
  const spoken = new Set<string>()
  const votes = roles.map((role) => {
    const vote = voteOf(state, gate, role, root, spoken)
    if (vote.state === 'GO' && vote.person) spoken.add(vote.person)
    return { role, ...vote }
  })
  const isOpen = blockers.length === 0 && votes.length > 0 && votes.every((v) => v.state === 'GO')
  return { gate, evidenceRoot: root, blockers, votes, isOpen }
}

/** Votes that counted in one state of a deployment, and are void in a later one: the evidence is another. */
export function voidedVotes(before: DeploymentState, after: DeploymentState, now: number) {
  const gates = Object.keys(after.opened.plan.gates).filter((gate) => !after.gates[gate]) as PhaseId[]
  return gates.flatMap((gate) => {
    const cast = after.votes.some(({ event }) => event.statement.gate === gate)
    const counted = cast ? gateView(before, gate, now).votes.filter((v) => v.state === 'GO') : []
    const still = counted.length > 0 ? gateView(after, gate, now).votes : []
    return counted.filter(({ seq }) => !still.some((v) => v.seq === seq && v.state === 'GO'))
  })
}

type OneVote = { state: 'GO' | 'NO-GO' | 'void' | 'none'; person: string | null; seq: number | null }

/** A role's vote: bound to plan, release and evidence; a NO-GO stands until the evidence is another; one person, one role. */
function voteOf(
  state: DeploymentState,
  gate: PhaseId,
  role: Role,
  root: string,
  spoken: ReadonlySet<string>,
): OneVote {
  const cast = state.votes.filter(
    ({ event: { statement } }) => statement.gate === gate && statement.role === role,
  )
  const mine = cast.filter(
    ({ event: { statement } }) =>
      isEntitled(state.opened, statement.person, role) && !spoken.has(statement.person),
  )
  const last = mine.at(-1)
  if (!last) return { state: 'none', person: null, seq: null }
  const bound = mine.filter(
    ({ event: { statement } }) =>
      statement.evidenceRoot === root &&
      statement.plan === state.opened.planDigest &&
      statement.release === state.opened.releaseDigest,
  )
  const no = bound.find(({ event }) => event.statement.vote === 'NO-GO')
  if (no) return { state: 'NO-GO', person: no.event.statement.person, seq: no.seq }
  const go = bound.at(-1)
  if (go) return { state: 'GO', person: go.event.statement.person, seq: go.seq }
  return {
    state: last.event.statement.vote === 'NO-GO' ? 'NO-GO' : 'void',
    person: last.event.statement.person,
    seq: last.seq,
  }
}
