import { digestOf } from './notes.ts'
import { type Database, schemaVersion } from './open.ts'

/** One declared check. `found` is comparable before and after a migration: a count, a sum or a word. */
export interface IntegrityCheck {
  name: string
  ok: boolean
  found: number | string
}

interface Declared {
  name: string
  /** The schema version that brought what is checked. */
  since: number
  sql: string
  /** What must be found; a check without it only reports, to be compared before and after. */
  expected?: number | string
}

const DECLARED: readonly Declared[] = [
  {
    name: 'pages',
    since: 0,
    sql: 'SELECT integrity_check AS found FROM pragma_integrity_check LIMIT 1',
    expected: 'ok',
  },
  {
    name: 'foreign keys',
    since: 0,
    sql: 'SELECT count(*) AS found FROM pragma_foreign_key_check',
    expected: 0,
  },
  { name: 'notes counted', since: 1, sql: 'SELECT count(*) AS found FROM notes' },
  {
    name: 'characters of notes',
    since: 1,
    sql: 'SELECT coalesce(sum(length(title) + length(text)), 0) AS found FROM notes',
  },
  {
    name: 'notes without an owner',
    since: 1,
    sql: "SELECT count(*) AS found FROM notes WHERE user = ''",
    expected: 0,
  },
  {
    name: 'notes that differ from their digest',
    since: 1,
    sql: 'SELECT count(*) AS found FROM notes WHERE digest <> note_digest(title, text)',
    expected: 0,
  },
  { name: 'messages counted', since: 2, sql: 'SELECT count(*) AS found FROM messages' },
  { name: 'memories counted', since: 2, sql: 'SELECT count(*) AS found FROM memories' },
  {
    name: 'messages without a conversation',
    since: 2,
    sql: `SELECT count(*) AS found FROM messages m WHERE NOT EXISTS
      (SELECT 1 FROM conversations c WHERE c.user = m.user AND c.id = m.conversation)`,
    expected: 0,
  },
]

/** Runs every declared check that the schema has come to. Reads only. */
export function checkIntegrity(database: Database): IntegrityCheck[] {
  database.function('note_digest', { deterministic: true }, (title, text) =>
    digestOf({ title: String(title), text: String(text) }),
  )
  const version = schemaVersion(database)
  return DECLARED.filter(({ since }) => since <= version).map(({ name, sql, expected }) => {
    const { found } = database.prepare(sql).get() as { found: number | string }
    return { name, ok: expected === undefined || found === expected, found }
  })
}
