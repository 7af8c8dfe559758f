import { type Sql, schemaVersion } from './connection.ts'
import { digestOf } from './notes.ts'

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
  /** One statement for both kinds of database, or one for each; a kind without one has nothing to check. */
  sql: string | { sqlite?: string; postgres?: string }
  /** What must be found; a check without it only reports, to be compared before and after. */
  expected?: number | string
}

const DECLARED: readonly Declared[] = [
  {
    name: 'pages',
    since: 0,
    sql: { sqlite: 'SELECT integrity_check AS found FROM pragma_integrity_check LIMIT 1' },
    expected: 'ok',
  },
  {
    name: 'foreign keys',
    since: 0,
    sql: {
      sqlite: 'SELECT count(*) AS found FROM pragma_foreign_key_check',
      postgres: 'SELECT count(*) AS found FROM pg_constraint WHERE NOT convalidated',
    },
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
    sql: `SELECT count(*) AS found FROM notes WHERE "user" = ''`,
    expected: 0,
  },
  { name: 'messages counted', since: 2, sql: 'SELECT count(*) AS found FROM messages' },
  { name: 'memories counted', since: 2, sql: 'SELECT count(*) AS found FROM memories' },
  {
    name: 'messages without a conversation',
    since: 2,
    sql: `SELECT count(*) AS found FROM messages m WHERE NOT EXISTS
      (SELECT 1 FROM conversations c WHERE c."user" = m."user" AND c.id = m.conversation)`,
    expected: 0,
  },
]

const DIFFERENT_NOTES = 'notes that differ from their digest'

/** Runs every declared check that the schema has come to. Reads only. */
export async function checkIntegrity(sql: Sql): Promise<IntegrityCheck[]> {
  const version = await schemaVersion(sql)
  const checks: IntegrityCheck[] = []
  for (const { name, since, sql: declared, expected } of DECLARED) {
    const text = typeof declared === 'string' ? declared : declared[sql.kind]
    if (since > version || text === undefined) continue
    const [row] = await sql.all<{ found: number | string }>(text)
    // PostgreSQL writes large numbers as text.
    const found = /^\d+$/.test(String(row?.found)) ? Number(row?.found) : (row?.found ?? 'nothing')
    checks.push({ name, ok: expected === undefined || found === expected, found })
  }
  if (version > 0) checks.push(await differentNotes(sql))
  return checks
}

const AT_ONCE = 500

/** Compared here and not in the database, which knows other functions in each kind; read in parts, by their ids. */
async function differentNotes(sql: Sql): Promise<IntegrityCheck> {
  type Row = { id: string; title: string; text: string; digest: string }
  let [found, after] = [0, '']
  while (true) {
    const rows = await sql.all<Row>(
      'SELECT id, title, text, digest FROM notes WHERE id > ? ORDER BY id LIMIT ?',
      [after, AT_ONCE],
    )
    found += rows.filter((row) => digestOf(row) !== row.digest).length
    const last = rows.at(-1)
    if (last === undefined) return { name: DIFFERENT_NOTES, ok: found === 0, found }
    after = last.id
  }
}
