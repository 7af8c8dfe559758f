import type { ReportInput } from '../report-input.ts'
import { holdersOf } from './signatures.ts'

/** One line of the escalation path; a line without a name is said to be not recorded. */
export type ContactEntry = {
  readonly title: string
  readonly name: string | null
  readonly contact: string | null
  readonly criteria: string | null
}

export function contactEntries(input: ReportInput): ContactEntry[] {
  const inside = input.checklist.escalation.flatMap(({ role, title, criteria }): ContactEntry[] => {
    const people = holdersOf(input.state, role)
    if (people.length === 0) return [{ title, name: null, contact: null, criteria }]
    return people.map((p) => ({
      title: p.isBackup ? `${title} (backup)` : title,
      name: p.name,
      contact: p.contact,
      criteria,
    }))
  })
  const outside = input.checklist.external.map(({ key, title }): ContactEntry => {
    const known = input.place?.contacts[key]
    return { title, name: known?.name ?? null, contact: known?.contact ?? null, criteria: null }
  })
  return [...inside, ...outside]
}
