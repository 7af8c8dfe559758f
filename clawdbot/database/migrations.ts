import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The two kinds of database; a step has scripts for each. */
export type DatabaseKind = 'sqlite' | 'postgres'

/** One step of the schema. `checksum` is the SHA-256 of both scripts, so that an edited step is noticed. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly up: string
  readonly down: string
  readonly checksum: string
}

const FILE_NAME = /^(\d{3})-([a-z0-9-]+)\.ts$/

/**
 * The steps of this release, in order: every NNN-name.ts of the folder, which exports `up` and `down` (SQL of SQLite) and,
 * where PostgreSQL's differ, `postgres` with its own.
 * @throws when numbers have a gap or repeat
 */
export async function loadMigrations(
  folder = join(import.meta.dirname, 'migrations'),
  kind: DatabaseKind = 'sqlite',
): Promise<Migration[]> {
  const files = readdirSync(folder)
    .filter((file) => FILE_NAME.test(file))
    .sort()
  const migrations = await Promise.all(files.map((file) => loadMigration(folder, file, kind)))
  for (const [index, { version, name }] of migrations.entries())
    if (version !== index + 1) throw new Error(`migration ${name} should have number ${index + 1}`)
  return migrations
}

type Scripts = { up: string; down: string }

async function loadMigration(folder: string, file: string, kind: DatabaseKind): Promise<Migration> {
  const [, number = '', name = ''] = FILE_NAME.exec(file) ?? []
  const step = (await import(pathToFileURL(join(folder, file)).href)) as Scripts & { postgres?: Scripts }
  const { up, down } = kind === 'postgres' ? (step.postgres ?? step) : step
  const checksum = createHash('sha256').update(up).update('\0').update(down).digest('hex')
  return { version: Number(number), name, up, down, checksum }
}

/** The same for a kind of database. */
export const migrationsFor = (kind: DatabaseKind): Promise<Migration[]> => loadMigrations(undefined, kind)

/** The schema version this release needs: that of its last migration. */
export async function requiredSchema(): Promise<number> {
  return (await loadMigrations()).at(-1)?.version ?? 0
}
