import { rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Database } from '#core/service.ts'
import type { CheckContext } from '../check.ts'
import { type Drill, type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillRelease, drillService } from '../drill-situation.ts'

/** The parts of the drill's migration script that a fault replaces; each is JavaScript with `db` in hand. */
export type Script = {
  readonly up: string
  readonly down: string
  /** The declared checks, as pairs of name and SQL that must find 0, or any number where the name starts with "count". */
  readonly checks: readonly (readonly [string, string])[]
}

const GOOD: Script = {
  up: "db.exec('ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0')",
  down: "db.exec('ALTER TABLE notes DROP COLUMN pinned')",
  checks: [
    ['count of notes', 'SELECT count(*) AS found FROM notes'],
    ['notes without text', "SELECT count(*) AS found FROM notes WHERE text = ''"],
  ],
}

const scriptOf = ({ up, down, checks }: Script): string => `
import { DatabaseSync } from 'node:sqlite'
const [, , command, file, to] = process.argv
const db = new DatabaseSync(file)
const version = () => db.prepare('PRAGMA user_version').get().user_version
if (command === 'up' && version() < 2 && to === '2') { ${up}; db.exec('PRAGMA user_version = 2') }
if (command === 'down' && version() > 1 && to === '1') { ${down}; db.exec('PRAGMA user_version = 1') }
if (command === 'status') console.log(JSON.stringify({ version: version() }))
if (command === 'check') console.log(JSON.stringify({ checks: ${JSON.stringify(checks)}.map(([name, sql]) => {
  const { found } = db.prepare(sql).get()
  return { name, found, ok: name.startsWith('count') || found === 0 }
}) }))
`

export type DatabaseGround = { readonly file: string; readonly staging: string; readonly database: Database }

/** A database with notes at schema 1, staging's at 2, a release that needs 2, and its migration script. */
export async function databaseSituation(scratch: DrillScratch, script: Partial<Script> = {}) {
  await scratch.write('release/db.mjs', scriptOf({ ...GOOD, ...script }))
  const [file, staging] = [join(scratch.folder, 'production.sqlite'), join(scratch.folder, 'staging.sqlite')]
  fill(file, 1)
  fill(staging, 2, 'pinned INTEGER NOT NULL DEFAULT 0')
  const command = (name: string) => ['node', 'db.mjs', name, '${database}', '${to}']
  const migrate = {
    up: command('up'),
    down: command('down'),
    status: command('status'),
    check: command('check'),
  }
  const database: Database = { kind: 'sqlite', file, migrate }
  return { ground: { file, staging, database }, context: contextOf({ file, staging, database }) }
}

export function contextOf({ staging, database }: DatabaseGround): Partial<CheckContext> {
  const production = drillEnvironment({ database })
  const other = drillEnvironment({ name: 'staging', database: { ...database, file: staging } })
  return {
    environment: production,
    environmentNamed: (name: string) => (name === 'staging' ? other : production),
    service: drillService({ staging: 'staging' }),
    release: drillRelease({ artifact: 'release', schemaVersion: 2 }),
  }
}

/** A fresh database with three notes. */
function fill(file: string, version: number, column?: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  const db = new DatabaseSync(file)
  db.exec(`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL${column ? `, ${column}` : ''});
    INSERT INTO notes (text) VALUES ('one'), ('two'), ('three');
    CREATE TABLE schema_migrations (version INTEGER); INSERT INTO schema_migrations VALUES (1); PRAGMA user_version = ${version}`)
  db.close()
}

/** Changes the database of an environment by hand. */
export function tamper(file: string, sql: string): void {
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
}

/** A fault in the release's script. */
export const scripted = (name: string, script: Partial<Script>): DrillFault<DatabaseGround> => ({
  name,
  expect: 'fail',
  plant: async (_ground, scratch) => ({ context: (await databaseSituation(scratch, script)).context }),
})

/** A fault in the data, or in the staging database. */
export const tampered = (
  name: string,
  expect: 'fail' | 'unknown',
  which: 'file' | 'staging',
  sql: string,
): DrillFault<DatabaseGround> => ({
  name,
  expect,
  plant: async ({ ground }) => {
    tamper(ground[which], sql)
    return {}
  },
})

export const undeclared: DrillFault<DatabaseGround> = {
  name: 'no database declared',
  expect: 'unknown',
  plant: async () => ({
    context: { environment: drillEnvironment(), environmentNamed: () => drillEnvironment() },
  }),
}

export const databaseDrill = (
  item: string,
  faults: readonly DrillFault<DatabaseGround>[],
): Drill<DatabaseGround> =>
  defineDrill<DatabaseGround>({
    item,
    ground: async (scratch) => {
      await mkdir(scratch.folder, { recursive: true })
      return { config: {}, ...(await databaseSituation(scratch)) }
    },
    faults: [...faults, undeclared],
  })
