import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { tryMigration, wayOf } from '../live/migration-trial.ts'
import { readingEvidence } from '../reading.ts'

export const check = defineCheck({
  id: 'A.4.2',
  title: 'Rollback script prepared',
  config: z.strictObject({}),
  bound: (service) => Object.values(service.environments).some(({ database }) => database !== undefined),
  limitMs: 600_000,
  run: readingEvidence(run),
})

/** The way down leads back to the schema and the data of before, on a copy that went up. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const trial = await tryMigration(ctx)
  const problem = trial.up ?? trial.down ?? trial.difference
  const rest = {
    claim: { from: trial.from, to: trial.to, problem },
    source: `a copy of ${ctx.environment.database?.file}`,
    population: `${trial.rows} rows`,
  }
  if (problem !== null) return fail(`${wayOf(trial)} and back: ${problem}`, rest)
  return pass(`${wayOf(trial)} and back: schema and ${trial.rows} rows as before`, rest)
}
