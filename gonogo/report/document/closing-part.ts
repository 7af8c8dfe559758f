import type { SignOffEntry } from '../model/closing.ts'
import type { Met } from '../model/measures.ts'
import type { ReportModel } from '../model/report-model.ts'
import { shortDigest } from '../wording.ts'
import {
  type Block,
  heading,
  type Inline,
  type Line,
  paragraph,
  recorded,
  table,
  titledTable,
} from './blocks.ts'
import { demoMark } from './people-lines.ts'

const MET: Readonly<Record<Met, Inline>> = {
  met: { mark: 'good', word: 'met' },
  missed: { mark: 'bad', word: 'missed' },
  unknown: { mark: 'unknown', word: 'unknown' },
}

export const contactsPart = (model: ReportModel): Block[] => [
  heading(2, 'Emergency Contacts', 'contacts'),
  titledTable(
    'Escalation path and external contacts',
    ['Role', 'Name', 'Contact', 'Escalation criteria'],
    model.contacts.map((c) => [c.title, recorded(c.name), recorded(c.contact), c.criteria ?? 'external']),
  ),
]

export const metricsPart = ({ closing }: ReportModel): Block[] => [
  heading(2, 'Deployment Metrics', 'metrics'),
  heading(3, 'Success Criteria', 's-success'),
  titledTable(
    'Success criteria',
    ['Status', 'Criterion', 'Actual'],
    closing.criteria.map((c) => [MET[c.met], c.note ? `${c.title} (${c.note})` : c.title, c.actual]),
  ),
  heading(3, 'Deployment Statistics', 's-statistics'),
  titledTable(
    'Deployment statistics, computed from the log and its samples',
    ['Metric', 'Target', 'Actual', 'Status', 'Counted over'],
    closing.statistics.map((m) => [m.title, m.target, m.actual, MET[m.met], m.basis]),
  ),
]

export function signOffPart({ closing, status }: ReportModel): Block[] {
  const marked = closing.finalStatus.find((s) => s.marked)
  const all = closing.finalStatus.flatMap((s, i): Inline[] => [
    ...(i > 0 ? [' / '] : []),
    s.marked ? { strong: s.title } : s.title,
  ])
  return [
    heading(2, 'Sign-Off', 'sign-off'),
    table(
      'Deployment approval',
      ['Role', 'Name', 'Signature', 'Date and time'],
      closing.approval.map(signOffRow),
    ),
    table(
      'Post-deployment sign-off',
      ['Role', 'Name', 'Signature', 'Date and time'],
      closing.postDeployment.map(signOffRow),
    ),
    paragraph(
      { strong: 'Deployment status: ' },
      ...(marked
        ? [marked.title, ' (of: ', ...all, ')']
        : [status === 'open' ? 'the deployment is still open' : status]),
    ),
  ]
}

function signOffRow({ role, vote, by }: SignOffEntry): Line[] {
  if (!by) return [role, { missing: '' }, { missing: '' }, { missing: '' }]
  return [
    role,
    [by.name, ...demoMark(by), ` · ${vote ?? ''}`],
    [{ key: by.key }, ' · signature ', { code: shortDigest(by.signature) }],
    { at: by.signedAt },
  ]
}

export function waiversPart(model: ReportModel): Block[] {
  const waived = model.phases.flatMap((p) => p.sections.flatMap((s) => s.items)).filter((i) => i.waiver)
  if (waived.length === 0) return [heading(2, 'Waivers', 'waivers'), paragraph('No item was waived.')]
  const rows = waived.map((i): Line[] => [
    i.id,
    [`${i.title}: `, i.value],
    { quote: i.waiver?.reason ?? '' },
    i.waiver
      ? [
          i.waiver.by.name,
          ...demoMark(i.waiver.by),
          ` · ${i.waiver.by.role ?? ''} · `,
          { key: i.waiver.by.key },
        ]
      : '',
    i.waiver ? { at: i.waiver.expiresAt } : '',
  ])
  return [
    heading(2, 'Waivers', 'waivers'),
    titledTable(
      'Signed risk exceptions',
      ['Item', 'Finding accepted', 'Reason', 'Approver', 'Expires'],
      rows,
    ),
  ]
}
