import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { commandsOn, databaseOf } from '../live/database-commands.ts'
import { stagingOf } from '../live/instances.ts'

export const check = defineCheck({
  id: '2.2.4',
  title: 'Database migrations applied to staging',
  config: z.strictObject({}),
  bound: (service) =>
    service.staging !== undefined && service.environments[service.staging]?.database !== undefined,
  limitMs: 120_000,
  run,
})

/** Staging's database is at the release's schema version. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  const database = databaseOf(staging)
  const wanted = ctx.release.schemaVersion
  if (wanted === undefined)
    throw new CheckProblem(
      `the release names no schemaVersion; add it to releases/${ctx.release.version}.yaml`,
    )
  const version = await commandsOn(ctx, database, database.file).version()
  const rest = { claim: { version, wanted }, source: database.file, population: '1 database' }
  if (version !== wanted)
    return fail(`${staging.name} is at schema ${version}, the release needs ${wanted}`, rest)
  return pass(`${staging.name} is at schema ${version}, as the release needs`, rest)
}
