import { isEntitled } from '#core/people.ts'
import type { Role } from '#core/roles.ts'
import { ROLES } from '#core/roles.ts'
import type { ReportInput } from '../report-input.ts'
import { statusOf } from './item-entries.ts'
import { type Measure, type Met, measuresOf } from './measures.ts'
import { type SignatureEntry, signatureEntry } from './signatures.ts'
import { gateVotes } from './votes.ts'

type CriterionEntry = {
  readonly title: string
  readonly note: string | null
  readonly met: Met
  readonly actual: string
}

/** One line of a sign-off block; without a signature nobody signed in that role. */
export type SignOffEntry = {
  readonly role: string
  readonly vote: string | null
  readonly by: SignatureEntry | null
}

export type ClosingEntry = {
  readonly criteria: readonly CriterionEntry[]
  readonly statistics: readonly Measure[]
  readonly approval: readonly SignOffEntry[]
  readonly postDeployment: readonly SignOffEntry[]
  readonly finalStatus: readonly { readonly title: string; readonly marked: boolean }[]
}

/** Criteria that no statistic decides: the item that looked at the same thing in the first hour. */
const CRITERION_ITEMS: Readonly<Record<string, string>> = {
  'no-security-incident': '4.1.5',
  'user-satisfaction': '4.1.3',
}

export function closingEntry(input: ReportInput): ClosingEntry {
  const { closing } = input.checklist
  const statistics = measuresOf(input)
  return {
    statistics,
    criteria: closing.successCriteria.map(({ key, title, note = null, metric }) => {
      const measure = statistics.find((m) => m.metric === metric)
      const decided = measure
        ? { met: measure.met, actual: `${measure.actual}, ${measure.basis}` }
        : byItem(input, key)
      return { title, note, ...decided }
    }),
    approval: closing.approval.map((role) => signOff(input, role, 'execution')),
    postDeployment: closing.postDeployment.map((role) => signOff(input, role, 'watch')),
    finalStatus: closing.finalStatus.map(({ status, title }) => ({
      title,
      marked: input.state.closed?.status === status,
    })),
  }
}

function byItem(input: ReportInput, key: string): { met: Met; actual: string } {
  const item = CRITERION_ITEMS[key]
  const status = item ? statusOf(input, item) : null
  if (!item || !status || status.state === 'notReached') return { met: 'unknown', actual: 'not measured' }
  const met =
    status.state === 'passed' || status.state === 'attested'
      ? 'met'
      : status.state === 'failed'
        ? 'missed'
        : 'unknown'
  return { met, actual: `${item}: ${status.value}` }
}

/** A role's standing vote at the gate; where the gate does not ask the role, what it signed by `gonogo approve`. */
function signOff(input: ReportInput, role: Role, gate: 'execution' | 'watch'): SignOffEntry {
  const vote = gateVotes(input, gate).find((v) => v.roleId === role && v.counts)
  if (vote) return { role: ROLES[role], vote: vote.vote, by: vote.by }
  const { decisions, gates, opened } = input.state
  const before = gates[gate]?.at ?? Number.POSITIVE_INFINITY
  const approved = isAsked(input, role, gate)
    ? undefined
    : decisions.findLast(
        ({ at, event: { statement } }) =>
          statement.action === 'approve' && at <= before && isEntitled(opened, statement.person, role),
      )
  return {
    role: ROLES[role],
    vote: approved ? 'approved' : null,
    by: approved ? signatureEntry(input.state, approved.event) : null,
  }
}

const isAsked = (input: ReportInput, role: Role, gate: 'execution' | 'watch'): boolean =>
  input.checklist.phases.some((p) => p.id === gate && p.gate?.votes.includes(role))
