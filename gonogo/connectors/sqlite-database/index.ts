import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { ReadingProblem } from '../reading-problem.ts'

const BUSY_MS = 5000

export type TableContent = {
  readonly name: string
  readonly rows: number
  /** SHA-256 over every value of every row, in the order of the rows. */
  readonly checksum: string
}

export type DatabaseContent = {
  /** `ok`, or the first thing that SQLite's own check complains of. */
  readonly integrity: string
  /** The statements that make the schema, sorted. */
  readonly schema: readonly string[]
  readonly tables: readonly TableContent[]
}

/** All that is in a database, as one moment has it. Throws a ReadingProblem for a file that is none. */
export function readContent(file: string): DatabaseContent {
  const database = openReadOnly(file)
  try {
    return within(file, () => contentOf(database))
  } finally {
    database.close()
  }
}

/**
 * Copies a database that is in use to `copy`, page by page (SQLite's online backup), and tells what was in it at that
 * very snapshot. Throws a ReadingProblem when either file cannot be used.
 */
export async function snapshot(file: string, copy: string): Promise<DatabaseContent> {
  const database = openReadOnly(file)
  try {
    // Both the reading and the copying see what this transaction sees, whatever is written meanwhile.
    database.exec('BEGIN')
    const content = within(file, () => contentOf(database))
    await backup(database, copy).catch((error: Error) => {
      throw new ReadingProblem('unreachable', copy, `the copy failed: ${error.message}`)
    })
    database.exec('COMMIT')
    return content
  } finally {
    database.close()
  }
}

/** Tables in which migration tools keep their books; what stands there is nobody's data. */
const LEDGER = /migration|flyway|schema_version|databasechangelog/i

/** Rows of data: those of every table but the migration tool's own. */
export const rowsIn = ({ tables }: DatabaseContent): number =>
  tables.filter(({ name }) => !LEDGER.test(name)).reduce((sum, { rows }) => sum + rows, 0)

/** The first difference between two contents in words; null when they are equal. */
export function differenceOf(before: DatabaseContent, after: DatabaseContent): string | null {
  const [first] = [
    ...before.schema.filter((statement) => !after.schema.includes(statement)),
    ...after.schema.filter((statement) => !before.schema.includes(statement)),
  ]
  if (first !== undefined) return `the schema differs in ${first.split('\n')[0]?.slice(0, 80)}`
  for (const table of before.tables) {
    const other = after.tables.find(({ name }) => name === table.name)
    if (other?.rows !== table.rows) return `${table.name} has ${other?.rows ?? 'no'} rows, not ${table.rows}`
    if (other.checksum !== table.checksum) return `${table.name} has other values in its ${table.rows} rows`
  }
  return null
}

function openReadOnly(file: string): DatabaseSync {
  if (!existsSync(file)) throw new ReadingProblem('missing', file, 'does not exist')
  return within(file, () => new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS }))
}

function within<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new ReadingProblem('wrong-format', file, (error as Error).message)
  }
}

function contentOf(database: DatabaseSync): DatabaseContent {
  const check = database.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string }
  const entries = database
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL ORDER BY name",
    )
    .all() as { type: string; name: string; sql: string }[]
  return {
    integrity: check.integrity_check,
    schema: entries.map(({ sql }) => sql.replaceAll(/\s+/g, ' ')).sort(),
    tables: entries
      .filter(({ type, sql }) => type === 'table' && !/^\s*CREATE VIRTUAL/i.test(sql))
      .map(({ name }) => tableOf(database, name)),
  }
}

function tableOf(database: DatabaseSync, name: string): TableContent {
  const quoted = `"${name.replaceAll('"', '""')}"`
  const columns = database.prepare('SELECT name FROM pragma_table_info(?) ORDER BY name').all(name) as {
    name: string
  }[]
  const list = columns.map((column) => `"${column.name.replaceAll('"', '""')}"`).join(', ')
  const hash = createHash('sha256')
  let rows = 0
  // Columns by name: a column that was dropped and added again stands in another place with the same values.
  const statement = database.prepare(`SELECT ${list} FROM ${quoted} ORDER BY ${list}`)
  statement.setReturnArrays(true)
  statement.setReadBigInts(true)
  for (const row of statement.iterate() as Iterable<unknown>) {
    hash.update(JSON.stringify(row, (_key, value) => asText(value)))
    rows++
  }
  return { name, rows, checksum: `sha256:${hash.digest('hex')}` }
}

function asText(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
