import type { PhaseEntry, ReportModel, SectionEntry } from '../model/report-model.ts'
import { type Block, heading, type Inline, type Line, paragraph, recorded, table } from './blocks.ts'

/** The weight does not change any more. */
const WATCH_PANELS = ['errors', 'p95', 'evidence', 'requests'] as const
const FIGURE_PANELS = ['weight', 'errors', 'p95', 'evidence', 'ruledOut', 'requests'] as const

/** One phase of the document, in its order and wording. */
export function phasePart(model: ReportModel, phase: PhaseEntry): Block[] {
  const title = phase.number === null ? phase.title : `Phase ${phase.number}: ${phase.title}`
  const before = phase.id === 'rollback' ? criteria(model) : []
  const sections = phase.sections.flatMap((section, i) =>
    sectionPart(model, section, phase.sections[i - 1] ?? null, phase),
  )
  return [heading(2, title, `phase-${phase.id}`, phase.duration ?? undefined), ...before, ...sections]
}

function sectionPart(
  model: ReportModel,
  section: SectionEntry,
  previous: SectionEntry | null,
  phase: PhaseEntry,
): Block[] {
  const isFirstUnder =
    section.under !== null && previous?.under?.id !== section.under.id && previous?.id !== section.under.id
  const over =
    section.under && isFirstUnder
      ? [heading(3, `${section.under.id} ${section.under.title}`, `s-${section.under.id}`)]
      : []
  const isNumbered = /^(\d|[A-Z]\.)/.test(section.id) && !section.under
  const title = isNumbered ? `${section.id} ${section.title}` : section.title
  const call = completion(section, section.id, model.status)
  return [
    ...over,
    heading(section.under ? 4 : 3, title, `s-${section.id}`, call ?? undefined),
    ...choices(section),
    ...(section.items.length > 0 ? [{ kind: 'items', items: section.items } as const] : []),
    ...extras(model, section, phase),
    ...(section.blanks.length > 0
      ? [
          {
            kind: 'facts',
            title: section.blanksTitle ?? 'Recorded',
            facts: section.blanks.map((b) => ({ label: b.label, value: recorded(b.value, b.because) })),
          } as const,
        ]
      : []),
  ]
}

/** "7 passed · 1 attested": a section says how it ended. */
function completion(section: SectionEntry, _id: string, _status: string): string | null {
  if (section.items.length === 0) return null
  const words = [...new Set(section.items.map((i) => i.word))]
  return words.map((word) => `${section.items.filter((i) => i.word === word).length} ${word}`).join(' · ')
}

function choices(section: SectionEntry): Block[] {
  if (section.choices.length === 0) return []
  return [
    {
      kind: 'list',
      lines: section.choices.map((c): Inline[] => [
        { mark: c.marked ? 'chosen' : 'not-chosen', word: c.marked ? 'selected' : 'not selected' },
        ' ',
        c.marked ? { strong: c.title } : c.title,
        ` (${c.note})`,
      ]),
    },
  ]
}

/** The shift's numbers and figures stand where the document asks for them. */
function extras(model: ReportModel, section: SectionEntry, phase: PhaseEntry): Block[] {
  const { shift, watch } = model.plots
  const isShift =
    phase.id === 'execution' && section.items.some((i) => i.blanks.some((b) => b.key === 'decision'))
  if (isShift)
    return [
      steps(model),
      ...(shift
        ? [{ kind: 'figure', id: 'shift-plot', plot: shift, panels: FIGURE_PANELS, panelHeight: 74 } as const]
        : [paragraph({ missing: 'no samples were taken' })]),
    ]
  const isWatch = phase.id === 'watch' && section.blanks.some((b) => b.key === 'stability')
  if (isWatch && watch)
    return [{ kind: 'figure', id: 'watch-plot', plot: watch, panels: WATCH_PANELS, panelHeight: 64 }]
  return []
}

function steps(model: ReportModel): Block {
  const rows = model.steps.map((s): Line[] => [
    `${Math.round(s.weight * 10) / 10} %`,
    `${s.wait}${s.extended ? ', extended' : ''}`,
    s.canary.errorRate,
    s.baseline?.errorRate ?? 'no baseline',
    s.canary.p95,
    s.baseline?.p95 ?? 'no baseline',
    s.canary.requests,
    [
      ...(s.decision
        ? [{ mark: s.decision === 'proceed' ? 'good' : 'bad', word: s.decision } as const, ` by ${s.by}: `]
        : []),
      s.sentence,
      ...(s.decidedAt ? [' ', { at: s.decidedAt }] : []),
      ...(s.appendixC ? [` · ${s.appendixC}`] : []),
    ],
  ])
  return table(
    'Steps: the numbers each decision was made on',
    ['Weight', 'Wait', 'Errors', 'Errors before', 'p95', 'p95 before', 'Requests', 'Decision'],
    rows,
  )
}

function criteria(model: ReportModel): Block[] {
  return [
    heading(3, 'Rollback Decision Criteria', 's-criteria'),
    table(
      'Initiate rollback immediately if, from the first change to production to the end of the watch',
      ['Criterion', 'Here'],
      model.rollbackCriteria.map((c) => [c.title, c.here]),
    ),
  ]
}
