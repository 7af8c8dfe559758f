import { type Connection, type Sql, schemaVersion } from './connection.ts'
import type { Migration } from './migrations.ts'

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
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)`

type Script = (text: string) => Promise<void>

/**
 * Brings the schema to version `to` (default: the latest), all steps or none. A second runner waits for the first, then
 * finds nothing left to do.
 * @throws MigrationRefused, or the database's error (rolled back)
 */
export function migrateUp(
  connection: Connection,
  migrations: readonly Migration[],
  to?: number,
): Promise<MigrationRun> {
  const target = to ?? migrations.at(-1)?.version ?? 0
  return inTransaction(connection, async (from, sql, script) => {
    if (target > migrations.length)
      throw new MigrationRefused(
        'unknown_version',
        `there is no migration ${target}; the latest is ${migrations.length}`,
      )
    await refuseEdited(sql, migrations)
    if (to !== undefined && target < from)
      throw new MigrationRefused('wrong_direction', `the schema is at ${from}; use down to reach ${target}`)
    for (const { version, name, checksum, up } of migrations.slice(from, target)) {
      await script(up)
      await sql.run(
        'INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)',
        [version, name, checksum, new Date().toISOString()],
      )
    }
  })
}

/**
 * Takes the schema back to version `to` (default: one step), all steps or none.
 * @throws MigrationRefused when the database has a step that this release does not know
 */
export function migrateDown(
  connection: Connection,
  migrations: readonly Migration[],
  to?: number,
): Promise<MigrationRun> {
  return inTransaction(connection, async (from, sql, script) => {
    await refuseEdited(sql, migrations)
    const target = to ?? Math.max(0, from - 1)
    if (from > migrations.length)
      throw new MigrationRefused(
        'unknown_version',
        `the schema is at ${from}, this release ends at ${migrations.length}`,
      )
    if (target > from)
      throw new MigrationRefused('wrong_direction', `the schema is at ${from}; use up to reach ${target}`)
    for (const { version, down } of migrations.slice(target, from).reverse()) {
      await script(down)
      await sql.run('DELETE FROM schema_migrations WHERE version = ?', [version])
    }
  })
}

/** Where the schema stands. A schema newer than this release has nothing pending. */
export async function migrationStatus({ sql }: Connection, migrations: readonly Migration[]) {
  const version = await schemaVersion(sql)
  const pending = migrations.slice(version).map((step) => ({ version: step.version, name: step.name }))
  return { version, pending, latest: migrations.at(-1)?.version ?? 0 }
}

async function inTransaction(
  connection: Connection,
  work: (from: number, sql: Sql, script: Script) => Promise<void>,
): Promise<MigrationRun> {
  const started = performance.now()
  return connection.exclusively(async (sql, script) => {
    await script(LEDGER)
    const from = await schemaVersion(sql)
    await work(from, sql, script)
    const to = await schemaVersion(sql)
    return { from, to, durationMs: Math.round((performance.now() - started) * 100) / 100 }
  })
}

async function refuseEdited(sql: Sql, migrations: readonly Migration[]): Promise<void> {
  const applied = await sql.all<Migration>('SELECT version, name, checksum FROM schema_migrations')
  for (const { version, name, checksum } of applied) {
    const known = migrations[version - 1]
    if (known && known.checksum !== checksum)
      throw new MigrationRefused(
        'checksum_mismatch',
        `migration ${version} ${name} was edited after it ran; restore it and write a new one`,
      )
  }
}
