import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { runCommand } from '#connectors/command/index.ts'
import {
  type DatabaseContent,
  differenceOf,
  readContent,
  rowsIn,
  snapshot,
} from '#connectors/sqlite-database/index.ts'
import { utc } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { commandsOn, databaseOf } from '../live/database-commands.ts'
import { readingEvidence } from '../reading.ts'
import { type BackupRecord, backupFile, digestOfFile } from './backup-record.ts'

const BYTES_PER_GB = 1e9
const LIMIT_MS = 600_000

const config = z.strictObject({
  /** Where backups go; a durable place that is not the database's own disk. */
  folder: z.string(),
  /** A program that takes it instead of SQLite's online backup; `${database}` and `${backup}` are filled in. */
  command: z.array(z.string()).min(1).optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '2.1.1',
  title: 'Database backup completed',
  config,
  limitMs: LIMIT_MS,
  maxAgeMs: 3_600_000,
  run: readingEvidence(run),
})

/** The backup is taken, read back, and holds what the database held; its digest, size and content are recorded. */
async function run(ctx: CheckContext, { folder, command }: Config): Promise<CheckResult> {
  const database = databaseOf(ctx.environment)
  const file = backupFile(ctx, folder)
  if (dirname(file) === dirname(database.file))
    throw new CheckProblem(`${dirname(file)} is the database’s own folder; a backup there is lost with it`)
  await mkdir(dirname(file), { recursive: true }).catch((error: Error) => {
    throw new CheckProblem(`${folder}: ${error.message}`)
  })
  const part = `${file}.part`
  await rm(part, { force: true })
  const held = await take(ctx, database.file, part, command)
  const read = readContent(part)
  const problem = problemOf(held, read)
  const rest = {
    claim: { tables: read.tables.map(({ name }) => name).sort(), problem },
    source: database.file,
    population: `${rowsIn(read)} rows in ${read.tables.length} tables`,
  }
  if (problem !== null) {
    await rm(part, { force: true })
    return fail(problem, rest)
  }
  await rename(part, file)
  const record = await recordOf(
    ctx,
    database.file,
    file,
    read,
    await commandsOn(ctx, database, database.file).version(),
  )
  const text = JSON.stringify(record, null, 2)
  await writeFile(`${file}.json`, text)
  return pass(
    `${rowsIn(read)} rows in ${read.tables.length} tables, ${record.bytes} bytes, read back and equal`,
    {
      ...rest,
      evidence: [await ctx.keep('backup.json', 'application/json', text)],
      blanks: {
        'database-backup': `${record.digest} taken ${utc(record.takenAtMs)}`,
        'backup-size': `${(record.bytes / BYTES_PER_GB).toFixed(6)} GB (${record.bytes} bytes)`,
        'backup-location': file,
      },
    },
  )
}

/** What the database held: at the snapshot's moment, or, where a program takes it, before and after that. */
async function take(
  ctx: CheckContext,
  database: string,
  copy: string,
  command: readonly string[] | undefined,
): Promise<DatabaseContent> {
  if (!command) return snapshot(database, copy)
  const filled = command.map((part) => part.replaceAll('${database}', database).replaceAll('${backup}', copy))
  const done = await runCommand(filled, { cwd: resolve(ctx.root), limitMs: LIMIT_MS })
  if (!done.ok)
    throw new CheckProblem(`${filled[0]} failed: ${done.stderr.split('\n')[0] || `exit code ${done.code}`}`)
  if (!(await stat(copy).catch(() => null)))
    throw new CheckProblem(`${filled[0]} went well and wrote no ${copy}`)
  return readContent(database)
}

function problemOf(held: DatabaseContent, read: DatabaseContent): string | null {
  if (held.integrity !== 'ok') return `the database itself is damaged: ${held.integrity}`
  if (read.integrity !== 'ok') return `the backup is damaged: ${read.integrity}`
  if (rowsIn(read) === 0) return 'the backup holds no row'
  const difference = differenceOf(held, read)
  return difference === null ? null : `the backup is not of this database as it is: ${difference}`
}

async function recordOf(
  ctx: CheckContext,
  database: string,
  file: string,
  content: DatabaseContent,
  schemaVersion: number,
): Promise<BackupRecord> {
  return {
    backup: 1,
    service: ctx.service.service,
    environment: ctx.environment.name,
    deployment: ctx.deploymentId,
    database,
    file,
    digest: await digestOfFile(file),
    bytes: (await stat(file)).size,
    takenAtMs: ctx.now(),
    schemaVersion,
    content: { ...content, schema: [...content.schema], tables: [...content.tables] },
  }
}
