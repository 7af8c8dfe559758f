import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { differenceOf, readContent, rowsIn } from '#connectors/sqlite-database/index.ts'
import { durationSchema, formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { readingEvidence } from '../reading.ts'
import { type BackupRecord, digestOfFile, takenBackup } from './backup-record.ts'

/** The database’s recovery point objective: how old a backup may be to be gone back to. */
export const rpoSchema = durationSchema.default(3_600_000)

const config = z.strictObject({ folder: z.string(), rpo: rpoSchema })

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '2.1.5',
  title: 'Restore procedure tested',
  config,
  after: ['2.1.1'],
  limitMs: 600_000,
  run: readingEvidence(run),
})

/** 2.1.1's backup, restored into a scratch database, holds what was recorded when it was taken. */
async function run(ctx: CheckContext, { folder, rpo }: Config): Promise<CheckResult> {
  const record = await takenBackup(ctx, folder)
  const ageMs = ctx.now() - record.takenAtMs
  if (ageMs > rpo)
    throw new CheckProblem(
      `the backup is ${formatDuration(ageMs)} old, more than the ${formatDuration(rpo)} of the recovery point`,
    )
  const { problem, tookMs } = await restore(ctx, record)
  const rest = {
    claim: { tables: record.content.tables.map(({ name }) => name).sort(), problem },
    source: `${record.file} ${record.digest}`,
    population: `${rowsIn(record.content)} rows in ${record.content.tables.length} tables`,
    blanks: {
      'verification-status': problem ?? `restored in ${formatDuration(tookMs)}, counts and checksums equal`,
    },
  }
  if (problem !== null) return fail(problem, rest)
  return pass(
    `restored in ${formatDuration(tookMs)}: ${rowsIn(record.content)} rows, every count and checksum as recorded`,
    rest,
  )
}

async function restore(
  ctx: CheckContext,
  record: BackupRecord,
): Promise<{ problem: string | null; tookMs: number }> {
  const started = performance.now()
  const digest = await digestOfFile(record.file).catch(() => {
    throw new CheckProblem(`${record.file}: the backup is gone`)
  })
  if (digest !== record.digest)
    return { problem: 'the backup has another digest than when it was taken', tookMs: 0 }
  await mkdir(scratchHome(ctx), { recursive: true })
  const scratch = await mkdtemp(join(scratchHome(ctx), 'restore-'))
  try {
    const copy = join(scratch, 'restored.sqlite')
    await copyFile(record.file, copy)
    const restored = readContent(copy)
    const tookMs = Math.round(performance.now() - started)
    if (restored.integrity !== 'ok')
      return { problem: `the restored database is damaged: ${restored.integrity}`, tookMs }
    const difference = differenceOf(record.content, restored)
    return { problem: difference && `after the restore, ${difference}`, tookMs }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** In staging, where one is declared: that is where a restore would have to work first. */
function scratchHome(ctx: CheckContext): string {
  const { staging } = ctx.service
  const database = staging === undefined ? null : ctx.environmentNamed(staging).database
  return database ? dirname(database.file) : tmpdir()
}
