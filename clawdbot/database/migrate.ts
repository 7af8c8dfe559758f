import type { Migration } from './migrations.ts'
import { type Database, schemaVersion } from './open.ts'

/** A migration run. `from` and `to` are schema versions. */
export interface MigrationRun {
  from: number
  to: number
  durationMs: number
}

/** Why a run was refused; nothing was changed. */
export class MigrationRefused extends Error {
  readonly code: 'checksum_mismatch' | 'unknown_version' | 'wrong_direction'

  constructor(code: MigrationRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}

const LEDGER = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT`

/**
 * Brings the schema to version `to` (default: the latest), all steps or none. The write lock that the transaction
 * takes at its start is the migration lock: a second runner waits for it, then finds nothing left to do.
 * @throws MigrationRefused, or ERR_SQLITE_ERROR (rolled back)
 */
export function migrateUp(database: Database, migrations: readonly Migration[], to?: number): MigrationRun {
  const target = to ?? migrations.at(-1)?.version ?? 0
  if (target > migrations.length)
    throw new MigrationRefused(
      'unknown_version',
      `there is no migration ${target}; the latest is ${migrations.length}`,
    )
  return inTransaction(database, (from) => {
    refuseEdited(database, migrations)
    if (to !== undefined && target < from)
      throw new MigrationRefused('wrong_direction', `the schema is at ${from}; use down to reach ${target}`)
    const insert = database.prepare('INSERT INTO schema_migrations VALUES (?, ?, ?, ?)')
    for (const { version, name, checksum, up } of migrations.slice(from, target)) {
      database.exec(up)
      insert.run(version, name, checksum, new Date().toISOString())
    }
  })
}

/**
 * Takes the schema back to version `to` (default: one step), all steps or none.
 * @throws MigrationRefused when the database has a step that this release does not know
 */
export function migrateDown(database: Database, migrations: readonly Migration[], to?: number): MigrationRun {
  return inTransaction(database, (from) => {
    refuseEdited(database, migrations)
    const target = to ?? Math.max(0, from - 1)
    if (from > migrations.length)
      throw new MigrationRefused(
        'unknown_version',
        `the schema is at ${from}, this release ends at ${migrations.length}`,
      )
    if (target > from)
      throw new MigrationRefused('wrong_direction', `the schema is at ${from}; use up to reach ${target}`)
    const remove = database.prepare('DELETE FROM schema_migrations WHERE version = ?')
    for (const { version, down } of migrations.slice(target, from).reverse()) {
      database.exec(down)
      remove.run(version)
    }
  })
}

/** Where the schema stands. A schema newer than this release has nothing pending. */
export function migrationStatus(database: Database, migrations: readonly Migration[]) {
  const version = schemaVersion(database)
  const pending = migrations.slice(version).map((step) => ({ version: step.version, name: step.name }))
  return { version, pending, latest: migrations.at(-1)?.version ?? 0 }
}

function inTransaction(database: Database, work: (from: number) => void): MigrationRun {
  const started = performance.now()
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(LEDGER)
    const from = schemaVersion(database)
    work(from)
    const to = schemaVersion(database)
    database.exec('COMMIT')
    return { from, to, durationMs: Math.round((performance.now() - started) * 100) / 100 }
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function refuseEdited(database: Database, migrations: readonly Migration[]): void {
  const applied = database
    .prepare('SELECT version, name, checksum FROM schema_migrations')
    .all() as unknown as Migration[]
  for (const { version, name, checksum } of applied) {
    const known = migrations[version - 1]
    if (known && known.checksum !== checksum)
      throw new MigrationRefused(
        'checksum_mismatch',
        `migration ${version} ${name} was edited after it ran; restore it and write a new one`,
      )
  }
}
