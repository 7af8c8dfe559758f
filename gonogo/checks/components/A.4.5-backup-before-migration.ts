import { z } from 'zod'
import { formatDuration } from '#core/duration.ts'
import { rpoSchema } from '../backup/2.1.5-restore.ts'
import { takenBackup } from '../backup/backup-record.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'

const config = z.strictObject({ folder: z.string(), rpo: rpoSchema })

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: 'A.4.5',
  title: 'Backup verified before migration',
  config,
  after: ['2.1.1', '2.1.5'],
  run,
})

/** The backup that 2.1.5 restored was taken of this database before the migration, and recently enough. */
async function run(ctx: CheckContext, { folder, rpo }: Config): Promise<CheckResult> {
  const record = await takenBackup(ctx, folder)
  const restored = ctx.resultOf('2.1.5')
  const needed = ctx.release.schemaVersion
  const stable = ctx.stable?.schemaVersion
  const ageMs = ctx.now() - record.takenAtMs
  const rest = {
    claim: { schema: record.schemaVersion, needed: needed ?? null, restored: restored?.verdict ?? null },
    source: `${record.file} ${record.digest}`,
    population: '1 backup',
  }
  if (restored?.verdict === 'fail') return fail(`the restore failed: ${restored.summary}`, rest)
  if (restored?.verdict !== 'pass') throw new CheckProblem('2.1.5 has not restored the backup')
  if (record.environment !== ctx.environment.name || record.database !== ctx.environment.database?.file)
    return fail(`the backup is of ${record.database}, not of the database that will be migrated`, rest)
  if (ageMs > rpo)
    throw new CheckProblem(
      `the backup is ${formatDuration(ageMs)} old, more than the ${formatDuration(rpo)} of the recovery point`,
    )
  if (stable !== undefined && record.schemaVersion > stable)
    return fail(
      `the backup has schema ${record.schemaVersion} already; it was taken after the migration from ${stable}`,
      rest,
    )
  return pass(
    `restored by 2.1.5, taken at schema ${record.schemaVersion}, before ${needed ?? 'any'} is needed`,
    rest,
  )
}
