import { DatabaseSync } from 'node:sqlite'

export type Database = DatabaseSync

/**
 * Opens the database file (created if absent; `:memory:` for tests). Several processes share the file: readers never
 * block (WAL), writers wait up to `busyTimeoutMs` for one another. A committed row survives a crash of the process; after a power
 * loss the last commits may be gone (synchronous NORMAL), never the file's consistency.
 * @throws ERR_SQLITE_ERROR when the file cannot be opened
 */
export function openDatabase(file: string, busyTimeoutMs = 5_000): Database {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;')
  return database
}

/** The schema's version: the highest applied migration, 0 for an empty database. */
export function schemaVersion(database: Database): number {
  const known = database
    .prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'schema_migrations'")
    .get() as { n: number }
  if (known.n === 0) return 0
  const row = database.prepare('SELECT coalesce(max(version), 0) AS version FROM schema_migrations').get()
  return (row as { version: number }).version
}
