import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Connection, Sql, SqlValue } from './connection.ts'

/**
 * Opens the database file (created if absent; `:memory:` for tests). Several processes share the file: readers never
 * block (WAL), writers wait up to `waitMs` for one another. A committed row survives a crash of the process; after a power
 * loss the last commits may be gone (synchronous NORMAL), never the file's consistency.
 * @throws ERR_SQLITE_ERROR when the file cannot be opened
 */
export function openSqlite(file: string, waitMs: number): Connection {
  const database = new DatabaseSync(file, { timeout: waitMs })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;')
  const sql = sqlOf(database)
  return {
    sql,
    connections: () => 1,
    // Migrations and tests have a connection of their own: nothing else comes between its statements.
    exclusively: async (work) => {
      // The write lock, taken at the start, is the lock that others wait for.
      database.exec('BEGIN IMMEDIATE')
      try {
        const done = await work(sql, async (text) => database.exec(text))
        database.exec('COMMIT')
        return done
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    close: async () => database.close(),
  }
}

/** Statements are compiled once, at their first use, so that a process can start before its schema is there. */
function sqlOf(database: DatabaseSync): Sql {
  const compiled = new Map<string, StatementSync>()
  const prepare = (text: string): StatementSync => {
    const known = compiled.get(text)
    if (known) return known
    const statement = database.prepare(text)
    compiled.set(text, statement)
    return statement
  }
  const given = (values: readonly SqlValue[] = []) => values as SQLInputValue[]
  return {
    kind: 'sqlite',
    all: async <Row>(text: string, values?: readonly SqlValue[]) =>
      // Rows have no prototype; a copy is a plain object.
      prepare(text)
        .all(...given(values))
        .map((row) => ({ ...row }) as Row),
    run: async (text, values) => Number(prepare(text).run(...given(values)).changes),
  }
}
