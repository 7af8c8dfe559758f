import type { ReportModel } from '../model/report-model.ts'
import { utc } from '../wording.ts'
import { type Block, heading, type Line, paragraph } from './blocks.ts'
import { circumstances, identity, votesTable } from './summary-facts.ts'

/** The first page: what came of it, by whose word, and everything that was not as it should be. */
export function summaryPart(model: ReportModel): Block[] {
  const plot = model.plots.shift
  return [
    banner(model),
    { kind: 'measures', measures: fiveNumbers(model) },
    heading(
      2,
      model.exceptions.length === 0 ? 'Exceptions: none' : `Exceptions: ${model.exceptions.length}`,
      'exceptions',
    ),
    ...exceptions(model),
    ...(plot
      ? [{ kind: 'figure', id: 'summary-plot', plot, panels: ['weight', 'errors'], panelHeight: 54 } as const]
      : [paragraph('No samples were taken in this deployment.')]),
    heading(2, 'Deployment', 'deployment'),
    { kind: 'facts', facts: identity(model) },
    { kind: 'facts', pairs: true, facts: circumstances(model) },
    heading(2, 'Votes', 'votes'),
    votesTable(model),
    { kind: 'page-break' },
  ]
}

const STATUS: Readonly<
  Record<ReportModel['status'], { tone: 'good' | 'bad' | 'warn' | 'neutral'; glyph: string; word: string }>
> = {
  success: { tone: 'good', glyph: '✓', word: 'Success' },
  'success-with-issues': { tone: 'warn', glyph: '⚑', word: 'Success with issues' },
  'rolled-back': { tone: 'bad', glyph: '✗', word: 'Rolled back' },
  'not-started': { tone: 'neutral', glyph: '–', word: 'Not started' },
  open: { tone: 'neutral', glyph: '·', word: 'In progress' },
}

function banner(model: ReportModel): Block {
  const { subject, stage, status, incident } = model
  const move = subject.from ? `${subject.from.version} → ${subject.to.version}` : subject.to.version
  const why = incident
    ? `${incident.decidedBy}: ${incident.cause}`
    : status === 'open'
      ? `stage ${stage} at ${utc(model.asOf)}`
      : counts(model)
  return {
    kind: 'banner',
    ...STATUS[status],
    title: `${subject.service} ${move} in ${subject.environment}`,
    line: why,
  }
}

/** "57 passed · 12 attested · …" over the whole document. */
function counts(model: ReportModel): string {
  const words = new Map<string, number>()
  for (const item of model.phases.flatMap((p) => p.sections.flatMap((s) => s.items)))
    words.set(item.word, (words.get(item.word) ?? 0) + 1)
  return [...words].map(([word, count]) => `${count} ${word}`).join(' · ')
}

function fiveNumbers(model: ReportModel) {
  const { statistics } = model.closing
  const of = (metric: string, label: string) => {
    const measure = statistics.find((m) => m.metric === metric)
    if (!measure) return { label, value: 'not measured', note: 'not in this checklist', bad: false }
    return {
      label,
      value: measure.actual,
      note: `target ${measure.target} · ${measure.basis}`,
      bad: measure.met === 'missed',
    }
  }
  const failed = model.incident?.failedRequests ?? null
  const harm = model.incident
    ? {
        value: failed === null ? 'not measured' : String(failed),
        note: model.incident.trafficZeroAfter
          ? `traffic ended ${model.incident.trafficZeroAfter} after the decision`
          : 'of the new version, until its traffic ended',
        bad: (failed ?? 0) > 0,
      }
    : { value: 'none', note: 'no rollback happened', bad: false }
  return [
    of('duration', 'Duration'),
    of('errorRate', 'Error rate'),
    of('latencyP95', 'p95'),
    of('downtime', 'Downtime'),
    { label: 'Failed requests because of rollback', ...harm },
  ]
}

function exceptions(model: ReportModel): Block[] {
  if (model.exceptions.length === 0)
    return [paragraph('No item failed, is unknown or was waived; nothing held, nothing was extended.')]
  return [
    {
      kind: 'table',
      caption: 'Everything that was not as the document asks',
      hideCaption: true,
      head: ['Kind', 'What', 'In full'],
      rows: model.exceptions.map((e) => [exceptionKind(e.kind), e.about, e.text]),
    },
  ]
}

function exceptionKind(kind: ReportModel['exceptions'][number]['kind']): Line {
  if (kind === 'failed' || kind === 'unknown' || kind === 'waived') return { state: kind }
  if (kind === 'rollback' || kind === 'fault') return { mark: 'bad', word: kind }
  return kind === 'hold' || kind === 'extension' ? { mark: 'unknown', word: kind } : kind
}
