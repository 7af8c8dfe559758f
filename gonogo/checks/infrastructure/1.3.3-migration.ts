import { z } from 'zod'
import { formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { integrityProblem, tryMigration, wayOf } from '../live/migration-trial.ts'
import { readingEvidence } from '../reading.ts'

export const check = defineCheck({
  id: '1.3.3',
  title: 'Database migration tested',
  config: z.strictObject({}),
  bound: (service) => Object.values(service.environments).some(({ database }) => database !== undefined),
  limitMs: 600_000,
  run: readingEvidence(run),
})

/** Up, the declared checks, down, and everything as before, on a copy of the database as it is now. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const trial = await tryMigration(ctx)
  if (trial.checksBefore.length === 0) throw new CheckProblem('migrate.check declares no check')
  const problem = trial.up ?? integrityProblem(trial) ?? trial.down ?? trial.difference
  const rest = {
    claim: { from: trial.from, to: trial.to, checks: trial.checksBefore.map(({ name }) => name), problem },
    source: `a copy of ${ctx.environment.database?.file}`,
    population: `${trial.rows} rows, ${trial.checksAfter.length} declared checks`,
  }
  if (problem !== null) return fail(`${wayOf(trial)}: ${problem}`, rest)
  const took = formatDuration(Math.round(trial.durationMs))
  return pass(
    `${wayOf(trial)} and back on a copy with ${trial.rows} rows in ${took}: everything as before`,
    rest,
  )
}
