import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { commandsOn, databaseOf } from '../live/database-commands.ts'
import { stagingOf } from '../live/instances.ts'
import { integrityProblem, tryMigration, wayOf } from '../live/migration-trial.ts'
import { readingEvidence } from '../reading.ts'

export const check = defineCheck({
  id: 'A.4.1',
  title: 'Migration script tested in staging',
  config: z.strictObject({}),
  bound: (service) =>
    service.staging !== undefined && service.environments[service.staging]?.database !== undefined,
  limitMs: 600_000,
  run: readingEvidence(run),
})

/** The way up on a copy of production's data, and staging itself at the release's schema, sound. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const trial = await tryMigration(ctx)
  const staging = stagingOf(ctx)
  const database = databaseOf(staging)
  const commands = commandsOn(ctx, database, database.file)
  const version = await commands.version()
  const checks = await commands.checks()
  if (trial.checksBefore.length === 0) throw new CheckProblem('migrate.check declares no check')
  const unsound = checks.find(({ ok }) => !ok)
  const problem =
    trial.up ??
    integrityProblem(trial) ??
    (version === trial.to
      ? null
      : `${staging.name} is at schema ${version}, the release needs ${trial.to}`) ??
    (unsound ? `${staging.name}: ${unsound.name}: found ${unsound.found}` : null)
  const rest = {
    claim: { from: trial.from, to: trial.to, staging: version, problem },
    source: `a copy of ${ctx.environment.database?.file}, and ${database.file}`,
    population: `${trial.rows} rows of the copy, ${checks.length} declared checks in ${staging.name}`,
  }
  if (problem !== null) return fail(problem, rest)
  return pass(`${wayOf(trial)} on a copy with ${trial.rows} rows, and ${staging.name} is at ${version}`, rest)
}
