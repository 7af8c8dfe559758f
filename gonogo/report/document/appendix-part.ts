import type { ReportModel } from '../model/report-model.ts'
import { thousands } from '../wording.ts'
import {
  type Block,
  heading,
  type Inline,
  type Line,
  paragraph,
  small,
  table,
  titledTable,
} from './blocks.ts'

export const runbookPart = ({ runbook }: ReportModel): Block[] => [
  heading(2, 'Appendix B: Deployment Runbook', 'runbook'),
  ...runbook.flatMap((step, i): Block[] => [
    ...(runbook[i - 1]?.part === step.part ? [] : [heading(3, step.part, `runbook-${i}`)]),
    paragraph({ strong: `${step.number}. ${step.title}` }),
    { kind: 'code', text: step.commands.join('\n') },
    small('gonogo: ', step.done),
  ]),
]

export const queriesPart = ({ queries }: ReportModel): Block[] => [
  heading(2, 'Appendix C: Monitoring Queries', 'queries'),
  ...queries.flatMap((q): Block[] => [
    paragraph({ strong: q.title }, ` (${q.language})`),
    { kind: 'code', text: q.text },
    ...(q.note ? [small(q.note)] : []),
  ]),
]

export const timelinePart = ({ timeline }: ReportModel): Block[] => [
  heading(2, 'Timeline', 'timeline'),
  titledTable(
    'Every event of the log; repeated results are one line',
    ['Time', 'No.', 'Event'],
    timeline.map((e): Line[] => [{ at: e.at }, String(e.seq), e.sentence]),
  ),
]

export function evidencePart({ evidence }: ReportModel): Block[] {
  if (evidence.length === 0)
    return [heading(2, 'Evidence Index', 'evidence'), paragraph('The log names no evidence.')]
  const rows = evidence.map((e): Line[] => [
    { digest: e.digest, indexed: true },
    e.names.join(', '),
    e.mediaType,
    thousands(e.bytes),
    e.items.join(', '),
  ])
  return [
    heading(2, 'Evidence Index', 'evidence'),
    titledTable(
      'Every piece of evidence by its digest',
      ['Digest', 'Name', 'Media type', 'Bytes', 'Items'],
      rows,
    ),
  ]
}

export function verifyPart({ log, deployment, gates }: ReportModel): Block[] {
  const roots = gates.map((g): Line[] => [
    g.title,
    g.openedAt ? { at: g.openedAt } : { missing: 'the gate did not open' },
    { code: g.evidenceRoot },
  ])
  const steps: Inline[][] = [
    [
      'With gonogo: ',
      { code: `npx gonogo verify ${log.bundle ?? 'BUNDLE'}` },
      ' recomputes the chain of the log, every signature and every digest, offline.',
    ],
    [
      'A piece of evidence by hand: ',
      { code: 'sha256sum evidence/sha256/*' },
      ' prints for each file the name it bears, which is the digest in the index above.',
    ],
    [
      'A signature by hand: ',
      {
        code: 'ssh-keygen -Y verify -f allowed_signers -I PERSON -n gonogo-signoff@v1 -s SIGNATURE < STATEMENT',
      },
      ', where the statement is the canonical JSON (RFC 8785) that was signed, and the key’s fingerprint stands beside each name in this report.',
    ],
    ['The log: each entry holds the hash of the one before; the last is the head below.'],
  ]
  return [
    heading(2, 'How to verify this', 'verify'),
    { kind: 'list', ordered: true, lines: steps },
    table('Evidence roots: what each gate’s votes are bound to', ['Gate', 'Opened', 'Evidence root'], roots),
    {
      kind: 'facts',
      facts: [
        { label: 'Deployment', value: { code: deployment } },
        { label: 'Head of the log', value: log.chainHead ? { code: log.chainHead } : { missing: '' } },
        { label: 'Plan', value: { code: log.planDigest } },
        { label: 'Release', value: { code: log.releaseDigest } },
        { label: 'Bundle', value: log.bundle ? { code: log.bundle } : { missing: 'none was exported yet' } },
      ],
    },
  ]
}
