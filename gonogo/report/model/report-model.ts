import type { Checklist, Phase, Section } from '#core/checklist.ts'
import type { FinalStatus } from '#core/events.ts'
import type { PlotData } from '../plot/plot-data.ts'
import type { ReportInput } from '../report-input.ts'
import { iso } from '../wording.ts'
import { type BlankEntry, headerBlanks, sectionBlanks } from './blanks.ts'
import { type ClosingEntry, closingEntry } from './closing.ts'
import { type ContactEntry, contactEntries } from './contacts.ts'
import { type EvidenceRow, evidenceIndex } from './evidence-index.ts'
import { type ExceptionEntry, exceptionsOf } from './exceptions.ts'
import { type IncidentEntry, incidentOf } from './incident.ts'
import { type ItemEntry, itemEntry, momentOf } from './item-entries.ts'
import { plotsOf } from './plots.ts'
import { type QueryEntry, queryEntries, type RunbookEntry, runbookEntries } from './runbook.ts'
import { type StepEntry, stepEntries } from './steps.ts'
import { type SubjectEntry, subjectOf } from './subject.ts'
import { type TimelineEntry, timelineOf } from './timeline.ts'
import { type GateEntry, gateEntries } from './votes.ts'

export type SectionEntry = {
  readonly id: string
  readonly title: string
  readonly under: { readonly id: string; readonly title: string } | null
  readonly blanksTitle: string | null
  readonly blanks: readonly BlankEntry[]
  /** Section 3.1: the strategies, with the one of this deployment marked. */
  readonly choices: readonly { readonly title: string; readonly note: string; readonly marked: boolean }[]
  readonly items: readonly ItemEntry[]
}

export type PhaseEntry = {
  readonly id: Phase['id']
  readonly number: number | null
  readonly title: string
  readonly duration: string | null
  readonly criticalItems: string | null
  readonly sections: readonly SectionEntry[]
}

/** The whole report as one JSON value. The HTML and the Markdown are views of it and know nothing else. */
export type ReportModel = {
  readonly report: 1
  readonly deployment: string
  readonly madeAt: string
  /** As of when items are judged: the close, or the making of the report. */
  readonly asOf: string
  readonly status: FinalStatus | 'open'
  readonly stage: string
  readonly subject: SubjectEntry
  readonly document: {
    readonly title: string
    readonly name: string
    readonly version: string
    readonly control: Checklist['control']
    readonly reviewOverdue: boolean
    readonly header: readonly BlankEntry[]
  }
  readonly exceptions: readonly ExceptionEntry[]
  readonly gates: readonly GateEntry[]
  readonly phases: readonly PhaseEntry[]
  readonly steps: readonly StepEntry[]
  readonly plots: { readonly shift: PlotData | null; readonly watch: PlotData | null }
  readonly rollbackCriteria: readonly { readonly title: string; readonly here: string }[]
  readonly incident: IncidentEntry | null
  readonly contacts: readonly ContactEntry[]
  readonly closing: ClosingEntry
  readonly runbook: readonly RunbookEntry[]
  readonly queries: readonly QueryEntry[]
  readonly timeline: readonly TimelineEntry[]
  readonly evidence: readonly EvidenceRow[]
  readonly log: {
    readonly events: number
    readonly chainHead: string
    readonly planDigest: string
    readonly releaseDigest: string
    readonly bundle: string | null
  }
}

/** Pure: the same log, samples and moment give the same report. */
export function reportModel(input: ReportInput): ReportModel {
  const { state, checklist, events } = input
  const asOf = momentOf(input)
  return {
    report: 1,
    deployment: state.id,
    madeAt: iso(input.now),
    asOf: iso(asOf),
    status: state.closed?.status ?? 'open',
    stage: state.stage,
    subject: subjectOf(input),
    document: {
      title: checklist.title,
      name: checklist.name,
      version: checklist.version,
      control: checklist.control,
      reviewOverdue: asOf > Date.parse(checklist.control.nextReview) + 86_400_000,
      header: headerBlanks(input),
    },
    exceptions: exceptionsOf(input),
    gates: gateEntries(input),
    phases: checklist.phases.map((phase) => phaseEntry(input, phase)),
    steps: stepEntries(input),
    plots: plotsOf(input),
    rollbackCriteria: checklist.rollbackCriteria.map(({ key, title }) => ({
      title,
      here: thresholdOf(input, key),
    })),
    incident: incidentOf(input),
    contacts: contactEntries(input),
    closing: closingEntry(input),
    runbook: runbookEntries(input),
    queries: queryEntries(input),
    timeline: timelineOf(input),
    evidence: evidenceIndex(input),
    log: {
      events: events.length,
      chainHead: input.chainHead,
      planDigest: state.opened.planDigest,
      releaseDigest: state.opened.releaseDigest,
      bundle: input.bundle,
    },
  }
}

const phaseEntry = (input: ReportInput, phase: Phase): PhaseEntry => ({
  id: phase.id,
  number: phase.number ?? null,
  title: phase.title,
  duration: phase.duration ?? null,
  criticalItems: phase.criticalItems ?? null,
  sections: phase.sections.map((section) => sectionEntry(input, section)),
})

const sectionEntry = (input: ReportInput, section: Section): SectionEntry => ({
  id: section.id,
  title: section.title,
  under: section.under ?? null,
  blanksTitle: section.blanksTitle ?? null,
  blanks: sectionBlanks(input, section),
  choices: section.choices.map(({ strategy, title, note }) => ({
    title,
    note,
    marked: strategy === input.state.opened.strategy,
  })),
  items: section.items.map((item) => itemEntry(input, item)),
})

/** The document names the criterion; this deployment's policy names its numbers. */
function thresholdOf({ state }: ReportInput, key: string): string {
  const { errorRate, errorRatio, p95Ms, p95Ratio, mode } = state.opened.policy.rollback
  const alone = state.opened.stable ? '' : '; there is no baseline, so the fixed limit alone counts'
  if (key === 'error-rate') return `${errorRate} % or ${errorRatio} × baseline, mode ${mode}${alone}`
  if (key === 'latency') return `${p95Ms} ms or ${p95Ratio} × baseline, mode ${mode}${alone}`
  if (key === 'stakeholder-abort') return 'a signed abort or rollback, at once'
  return 'at once, without statistics'
}
