import { type Blank, blanksOf, type Item, type Section } from '#core/checklist.ts'
import type { ReportInput } from '../report-input.ts'
import { statusOf } from './item-entries.ts'
import { fromLog } from './log-blanks.ts'

export type BlankEntry = {
  readonly key: string
  readonly label: string
  /** Null: not recorded. */
  readonly value: string | null
  /** Why it is empty, where that is known. */
  readonly because: string | null
}

/** The blanks that belong to one item. */
export const itemBlanks = (input: ReportInput, item: Item): BlankEntry[] =>
  item.blanks.map((blank) => blankEntry(input, blank, [item.id], item.id))

/** The blanks below a section; any of its items may fill them. */
export const sectionBlanks = (input: ReportInput, section: Section): BlankEntry[] =>
  section.blanks.map((blank) =>
    blankEntry(
      input,
      blank,
      section.items.map((i) => i.id),
      section.id,
    ),
  )

export const headerBlanks = (input: ReportInput): BlankEntry[] =>
  input.checklist.header.map((blank) => blankEntry(input, blank, [], 'header'))

/** A check's own words first, then a person's, then what the log knows. */
function blankEntry(input: ReportInput, blank: Blank, items: readonly string[], place: string): BlankEntry {
  const asked = blank.from ? [blank.from, ...items] : items
  const value =
    byCheck(input, blank.key, asked) ?? byPerson(input, blank.key, asked) ?? fromLog(input, blank.key, place)
  return {
    key: blank.key,
    label: blank.label,
    value: withUnit(value, blank.unit),
    because: value === null ? whyEmpty(input, blank.from) : null,
  }
}

function byCheck({ state }: ReportInput, key: string, items: readonly string[]): string | null {
  for (const id of items) {
    const value = state.items[id]?.check?.event.blanks[key]
    if (value !== undefined && value.trim() !== '') return value
  }
  return null
}

/** The blank by its name; the value seen, where the item fills one blank only. */
function byPerson(input: ReportInput, key: string, items: readonly string[]): string | null {
  for (const id of items) {
    if (statusOf(input, id).state !== 'attested') continue
    const signed = input.state.items[id]?.attestation?.event.statement
    const value = signed?.blanks?.[key] ?? (blanksOf(input.checklist, id).length === 1 ? signed?.value : null)
    if (value) return value
  }
  return null
}

function whyEmpty(input: ReportInput, item: string | undefined): string | null {
  if (!item) return null
  const { state, value } = statusOf(input, item)
  if (state === 'notApplicable') return `${item} is not applicable: ${value}`
  if (state === 'notReached') return `${item} was not reached`
  if (state === 'attested') return `who attested ${item} gave no such value`
  return `${item} recorded no such value`
}

/** A bare number takes the blank's unit; a value that names one keeps its own. */
const withUnit = (value: string | null, unit: string | undefined): string | null =>
  value !== null && unit && /^[\d.,\s]+$/.test(value) ? `${value} ${unit}` : value
