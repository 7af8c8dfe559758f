import type { ReportModel } from '../model/report-model.ts'
import { type Block, heading, type Line, recorded, small, table } from './blocks.ts'
import { particulars } from './summary-facts.ts'

/** The document's own head: whose it is, which version, and that its review is overdue where it is. */
export function controlPart(model: ReportModel): Block[] {
  const { control, title, version, header, reviewOverdue } = model.document
  const review: Line = reviewOverdue
    ? [control.nextReview, ' ', { mark: 'unknown', word: `overdue at ${model.asOf.slice(0, 10)}` }]
    : control.nextReview
  return [
    heading(2, title, 'document'),
    {
      kind: 'facts',
      facts: [
        { label: 'Document version', value: version },
        { label: 'Last updated', value: control.lastUpdated },
        { label: 'Owner', value: control.owner },
        { label: 'Distribution', value: control.distribution.join(', ') },
        { label: 'Classification', value: control.classification },
        {
          label: 'Review cycle, next review',
          value: [
            `${control.reviewCycle}, `,
            ...(typeof review === 'object' && Array.isArray(review) ? review : [review as string]),
          ],
        },
        { label: 'Purpose', value: control.purpose },
        { label: 'Target audience', value: control.audience },
        ...header.map((b) => ({ label: b.label, value: recorded(b.value, b.because) })),
        ...particulars(model),
      ],
    },
    table(
      'Quick reference',
      ['Phase', 'Duration', 'Critical items', 'Go / no-go'],
      model.phases.filter((p) => p.number !== null).map((p) => quickRow(model, p)),
    ),
    table(
      'Document control',
      ['Version', 'Date', 'Author', 'Changes'],
      control.history.map((h) => [h.version, h.date, h.author, h.changes]),
    ),
    small(`References: ${control.references.join(' · ')}`),
  ]
}

function quickRow(model: ReportModel, phase: ReportModel['phases'][number]): Line[] {
  const gate = model.gates.find((g) => g.gate === phase.id)
  const opened: Line = gate?.openedAt
    ? [{ mark: 'good', word: 'GO' }, ' ', { at: gate.openedAt }]
    : { missing: 'the gate did not open' }
  return [`${phase.number}. ${phase.title}`, phase.duration ?? '', phase.criticalItems ?? '', opened]
}
