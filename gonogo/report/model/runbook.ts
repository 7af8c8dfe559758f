import { fillTemplate, type TemplateName } from '#core/checklist-runbook.ts'
import type { ReportInput } from '../report-input.ts'
import { iso, utc } from '../wording.ts'
import { statusOf } from './item-entries.ts'

export type RunbookEntry = {
  readonly number: number
  readonly part: string
  readonly title: string
  readonly commands: readonly string[]
  /** How gonogo did what the command does, and when; or that it did not. */
  readonly done: string
}

export type QueryEntry = {
  readonly title: string
  readonly language: string
  readonly text: string
  /** Why it was not asked here; null where it was, or could be. */
  readonly note: string | null
}

/** What stands for each numbered command in a deployment's log: items, and the effects whose keys begin so. */
const DONE_BY: Readonly<
  Record<number, { readonly items?: readonly string[]; readonly effects?: readonly string[] }>
> = {
  1: { items: ['2.1.3'] },
  2: { items: ['2.1.1', '2.1.2'] },
  3: { effects: ['deploy:'] },
  4: { effects: ['migrate:up', 'deploy:'] },
  5: { effects: ['weights:', 'promote:'] },
  6: { items: ['3.3.1.2'] },
  7: { items: ['3.3.1.3'] },
  8: { items: ['3.3.1.4'] },
  9: { items: ['3.3.2.4'] },
  10: { effects: ['revert:'] },
  11: { items: ['R4'] },
}

export const runbookEntries = (input: ReportInput): RunbookEntry[] =>
  input.checklist.appendices.runbook.map((step) => {
    const commands = step.commands[targetOf(input)] ?? Object.values(step.commands)[0] ?? []
    return {
      number: step.number,
      part: step.part,
      title: step.title,
      commands: commands.map((c) => fillAll(input, c)),
      done: doneBy(input, step.number),
    }
  })

export const queryEntries = (input: ReportInput): QueryEntry[] =>
  input.checklist.appendices.queries.map(({ title, language, text }) => ({
    title,
    language,
    ...queryText(input, language, text),
  }))

/** A query that this deployment did not ask is printed as the document has it, and says what stood for it. */
function queryText(input: ReportInput, language: string, text: string) {
  if (language === 'promql' && !namesOf(input).selector) {
    const whole = text.replace(/\{\s*\{\{selector\}\}\s*\}/g, '').replace(/\{\{selector\}\},\s*/g, '')
    const here = 'the router’s own counters of each version stood for it; add the labels of your workload'
    return { text: fillAll(input, whole), note: `not asked in this deployment: ${here}` }
  }
  if (language === 'shell' && targetOf(input) !== 'kubernetes')
    return { text: fillAll(input, text), note: `for a cluster; here ${targetOf(input)} run: gonogo status` }
  return { text: fillAll(input, text), note: null }
}

/** A name that nobody gave is said to be missing, in brackets that no shell runs by mistake. */
const fillAll = (input: ReportInput, text: string): string =>
  fillTemplate(text, namesOf(input)).replace(/\{\{(\w+)\}\}/g, '<$1: not recorded>')

const targetOf = (input: ReportInput): string => input.place?.target ?? 'processes'

function namesOf({ state, place }: ReportInput): Partial<Record<TemplateName, string>> {
  const { service, release, stable } = state.opened
  const known = {
    service,
    deployment: service,
    version: release.version,
    artifact: release.artifact,
    ...(stable ? { stableVersion: stable.version } : {}),
  }
  return { ...known, ...place?.names }
}

function doneBy(input: ReportInput, number: number): string {
  const { items = [], effects = [] } = DONE_BY[number] ?? {}
  const said = [
    ...items.flatMap((id) => itemDone(input, id)),
    ...effects.flatMap((prefix) => effectDone(input, prefix)),
  ]
  if (said.length > 0) return said.join(' · ')
  return number >= 10 && !input.state.rollback
    ? 'not needed: no rollback happened'
    : 'not done by gonogo in this deployment'
}

function itemDone(input: ReportInput, id: string): string[] {
  const { state, value, at } = statusOf(input, id)
  if (at === null) return state === 'notApplicable' ? [`${id} not applicable: ${value}`] : []
  return [`check ${id} at ${utc(iso(at))}: ${value}`]
}

function effectDone({ state }: ReportInput, prefix: string): string[] {
  return Object.values(state.effects)
    .filter((e) => e.key.startsWith(prefix) && e.settled)
    .map((e) => `${e.key} at ${utc(iso(e.settled?.at ?? e.intendedAt))}: ${e.settled?.detail ?? ''}`)
}
