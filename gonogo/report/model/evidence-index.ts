import type { ReportInput } from '../report-input.ts'

export type EvidenceRow = {
  readonly digest: string
  readonly names: readonly string[]
  readonly mediaType: string
  readonly bytes: number
  readonly items: readonly string[]
}

/** Every piece of evidence that the log names, those of overruled results too, sorted by digest. */
export function evidenceIndex({ events }: ReportInput): EvidenceRow[] {
  const rows = new Map<string, EvidenceRow>()
  for (const { event } of events) {
    if (event.type !== 'checkSettled') continue
    for (const { digest, name, mediaType, bytes } of event.evidence) {
      const known = rows.get(digest) ?? { digest, names: [], mediaType, bytes, items: [] }
      rows.set(digest, {
        ...known,
        names: [...new Set([...known.names, name])],
        items: [...new Set([...known.items, event.item])],
      })
    }
  }
  return [...rows.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1))
}
