import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { commandsOn, databaseOf } from '../live/database-commands.ts'

export const check = defineCheck({
  id: 'R6',
  title: 'Database rollback if needed',
  config: z.strictObject({}),
  bound: (service) => Object.values(service.environments).some(({ database }) => database !== undefined),
  limitMs: 60_000,
  run,
})

/** The schema is one that the restored version can live with, and the declared checks hold. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const { release, stable, environment } = ctx
  const database = databaseOf(environment)
  const commands = commandsOn(ctx, database, database.file)
  const version = await commands.version()
  const checks = await commands.checks()
  if (checks.length === 0) throw new CheckProblem('migrate.check declares no check')
  const wanted = stable?.schemaVersion ?? release.schemaVersion
  if (wanted === undefined) throw new CheckProblem('neither release names a schemaVersion')
  const bad = checks.find(({ ok }) => !ok)
  const mayStay = release.backwardCompatible && version === release.schemaVersion
  const rest = {
    claim: { version, wanted, backwardCompatible: release.backwardCompatible, unsound: bad?.name ?? null },
    source: database.file,
    population: `${checks.filter(({ ok }) => ok).length} of ${checks.length} declared checks`,
  }
  if (bad) return fail(`data is damaged: ${bad.name}: found ${bad.found}; restore the backup of 2.1.1`, rest)
  if (version === wanted)
    return pass(
      `the schema is at ${version}, as ${stable?.version ?? 'before'} needs; ${checks.length} checks hold`,
      rest,
    )
  if (mayStay)
    return pass(
      `the schema stays at ${version}, which ${stable?.version} can live with; ${checks.length} checks hold`,
      rest,
    )
  return fail(`the schema is at ${version}; ${stable?.version ?? 'the version before'} needs ${wanted}`, rest)
}
