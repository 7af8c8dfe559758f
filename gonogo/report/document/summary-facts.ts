import { ROLES } from '#core/roles.ts'
import type { ReportModel } from '../model/report-model.ts'
import type { VoteEntry } from '../model/votes.ts'
import { duration, plural, utcSpan } from '../wording.ts'
import { type Block, type Fact, type Inline, type Line, recorded, titledTable } from './blocks.ts'
import { demoMark } from './people-lines.ts'

/** What was deployed, down to the byte, and the roots that everything else hangs on. */
export function identity({ subject: s, gates }: ReportModel): Fact[] {
  const opened = gates.find((g) => g.gate === 'execution')
  const version = (v: typeof s.to): Inline[] => [
    { strong: v.version },
    ' · commit ',
    { code: v.commit },
    ' · ',
    { code: v.digest },
  ]
  return [
    { label: 'From', value: s.from ? version(s.from) : 'first deployment: no version before' },
    { label: 'To', value: version(s.to) },
    {
      label: 'Evidence root',
      value: opened?.openedAt ? { code: opened.evidenceRoot } : { missing: 'the final gate did not open' },
    },
  ]
}

/** When, where and by which rules. */
export const circumstances = ({ subject: s, deployment }: ReportModel): Fact[] => [
  { label: 'Deployment', value: [{ code: deployment }, ` in ${s.environment}`] },
  { label: 'Window', value: `${utcSpan(s.window.start, s.window.end)}, declared in ${s.window.timeZone}` },
  { label: 'Type, risk', value: `${s.type}, ${s.risk} risk` },
  { label: 'Strategy', value: `${s.strategy}, ${s.strategyReason}` },
]

/** What the header says of this deployment beyond the document's own blanks. */
export function particulars({ subject: s, log }: ReportModel): Fact[] {
  const lasted = s.closedAt ? duration(Date.parse(s.closedAt) - Date.parse(s.openedAt)) : null
  return [
    { label: 'Opened', value: { at: s.openedAt } },
    { label: 'Closed', value: s.closedAt ? [{ at: s.closedAt }, `, after ${lasted}`] : 'still open' },
    { label: 'Components', value: s.components.join(', ') },
    { label: 'Flags', value: s.flags.join(', ') || 'none' },
    { label: 'Authors', value: recorded(s.authors.join(', ')) },
    {
      label: 'Log',
      value: [
        `${plural(log.events, 'event')}, head `,
        log.chainHead ? { code: log.chainHead } : { missing: '' },
      ],
    },
    { label: 'Decided against the release file', value: s.notes.join(' · ') || 'nothing' },
  ]
}

/** Every vote, those that were voided too, and each role that was asked and said nothing. */
export function votesTable(model: ReportModel): Block {
  const rows = model.gates.flatMap((gate) => {
    const silent = gate.asked.filter((role) => !gate.votes.some((v) => v.roleId === role))
    const none: Line = { missing: '' }
    const said = gate.votes.map((v) => voteRow(gate.title, v))
    if (silent.length === 0) return said
    return [
      ...said,
      [
        `${gate.title}, ${silent.map((role) => ROLES[role]).join(', ')}`,
        { missing: 'no vote' },
        none,
        none,
        none,
      ],
    ]
  })
  return titledTable(
    'Each bound to plan, release and evidence',
    ['Gate, role', 'Vote', 'Name', 'Key', 'Signed'],
    rows,
  )
}

function voteRow(gate: string, vote: VoteEntry): Line[] {
  const signed: Line = vote.counts
    ? { at: vote.by.signedAt }
    : [{ at: vote.by.signedAt }, ' · void: the evidence or the vote changed after it']
  const said: Line = vote.vote === 'GO' ? { mark: 'good', word: 'GO' } : { mark: 'bad', word: 'NO-GO' }
  return [
    `${gate}, ${ROLES[vote.roleId]}`,
    said,
    [vote.by.name, ...demoMark(vote.by)],
    { key: vote.by.key },
    vote.reason ? ([signed, ` · “${vote.reason}”`].flat() as Inline[]) : signed,
  ]
}
