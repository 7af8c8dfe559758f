import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { integrityProblem, tryMigration } from '../live/migration-trial.ts'
import { readingEvidence } from '../reading.ts'

export const check = defineCheck({
  id: 'A.4.3',
  title: 'Data integrity checks defined',
  config: z.strictObject({}),
  bound: (service) => Object.values(service.environments).some(({ database }) => database !== undefined),
  limitMs: 600_000,
  run: readingEvidence(run),
})

/** The release declares checks of its data; they hold before and after the migration, and find the same. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const trial = await tryMigration(ctx)
  const names = trial.checksBefore.map(({ name }) => name)
  const broken = trial.checksBefore.find(({ ok }) => !ok)
  const problem =
    (names.length === 0 ? 'migrate.check declares no check' : null) ??
    (broken ? `${broken.name}: found ${broken.found}, before the migration already` : null) ??
    trial.up ??
    integrityProblem(trial)
  const rest = {
    claim: { checks: names, problem },
    source: `a copy of ${ctx.environment.database?.file}`,
    population: `${trial.checksAfter.length} of ${names.length} checks, before and after, over ${trial.rows} rows`,
  }
  if (problem !== null) return fail(problem, rest)
  return pass(
    `${names.length} of ${names.length} declared checks hold before and after, and find the same`,
    rest,
  )
}
