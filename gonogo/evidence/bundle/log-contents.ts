import type { EvidenceEntry } from '#core/events.ts'
import type { LogRecord } from '#core/record.ts'

/** Something that a record says, with the line of the log it stands on (from 1). */
export type OnLine<T> = T & { readonly line: number }

export type SignedStatement = {
  readonly statement: Readonly<Record<string, unknown>>
  readonly signature: string
  readonly key: string
  /** What the record around it claims beside the signature. */
  readonly said: Readonly<Record<string, unknown>>
}

export type RosterKeys = Readonly<
  Record<string, { readonly keys: readonly string[]; readonly demo: boolean | null }>
>

/** Every object of the log that holds a statement, its signature and its key, wherever it stands. */
export const signedIn = (records: readonly LogRecord[]): OnLine<SignedStatement>[] =>
  objectsIn(records).flatMap(({ line, object }) => {
    const { statement, signature, key } = object
    return isObject(statement) && typeof signature === 'string' && typeof key === 'string'
      ? [{ line, statement, signature, key, said: object }]
      : []
  })

/** Every piece of evidence that the log names, wherever it stands; the same piece as often as it is named. */
export const evidenceIn = (records: readonly LogRecord[]): OnLine<EvidenceEntry>[] =>
  objectsIn(records).flatMap(({ line, object }) => {
    const { name, mediaType, digest, bytes } = object
    return typeof name === 'string' &&
      typeof mediaType === 'string' &&
      typeof bytes === 'number' &&
      isDigest(digest)
      ? [{ line, name, mediaType, digest, bytes }]
      : []
  })

/** The people of the first record with their keys; null when it names none. */
export function rosterIn(records: readonly LogRecord[]): RosterKeys | null {
  const data = records[0]?.data
  if (!isObject(data) || !isObject(data.roster)) return null
  const people = Object.entries(data.roster).map(([id, entry]) => {
    const keys = isObject(entry) && Array.isArray(entry.keys) ? entry.keys : []
    const demo = isObject(entry) && typeof entry.demo === 'boolean' ? entry.demo : null
    return [id, { keys: keys.filter((key) => typeof key === 'string'), demo }] as const
  })
  return Object.fromEntries(people)
}

/** The evidence root that the last opened gate was bound to; null when no gate opened. */
export function lastEvidenceRoot(records: readonly LogRecord[]): string | null {
  const data = records.findLast((record) => record.type === 'gateOpened')?.data
  return isObject(data) && typeof data.evidenceRoot === 'string' ? data.evidenceRoot : null
}

export const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Found = { readonly line: number; readonly object: Readonly<Record<string, unknown>> }

/** All objects within the records' data, without recursion: a log may be nested deeper than a stack. */
function objectsIn(records: readonly LogRecord[]): Found[] {
  return records.flatMap((record, index) => {
    const found: Found[] = []
    const open: unknown[] = [record.data]
    while (open.length > 0) {
      const value = open.pop()
      if (isObject(value)) found.push({ line: index + 1, object: value })
      if (typeof value !== 'object' || value === null) continue
      for (const inner of Object.values(value).reverse()) open.push(inner)
    }
    return found
  })
}
