import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass, unknown } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { isSuiteDeclared, SUITE } from './suite.ts'

const config = z.strictObject({
  /** Tests of the suite that this service has no use for, each with the reason; all others must have passed. */
  without: z.partialRecord(z.enum(SUITE.map(({ id }) => id)), z.string().min(1)).default({}),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.2.0',
  title: 'Execute smoke test suite',
  config,
  bound: isSuiteDeclared,
  after: SUITE.map(({ id }) => id),
  run,
})

/** Every test of the suite has run in this deployment, on the digest that runs now, and passed. */
async function run(ctx: CheckContext, { without }: Config): Promise<CheckResult> {
  await releaseInstances(ctx, ctx.environment)
  const rows = SUITE.filter(({ id }) => !(id in without)).map(({ id }) => ({ id, result: ctx.resultOf(id) }))
  const passed = rows.filter(({ result }) => result?.verdict === 'pass').length
  const failed = rows.find(({ result }) => result?.verdict === 'fail')
  const open = rows.find(({ result }) => result?.verdict !== 'pass')
  const first = Math.min(...rows.map(({ result }) => result?.atMs ?? ctx.now()))
  const rest = {
    claim: {
      tests: rows.map(({ id, result }) => ({ id, verdict: result?.verdict ?? null })),
      without: Object.keys(without),
    },
    source: 'the results of this deployment',
    population: `${passed} of ${rows.length} tests`,
    blanks: {
      'tests-passed': `${passed}`,
      'tests-total': `${rows.length}`,
      'test-duration': ((ctx.now() - first) / 60_000).toFixed(2),
      'smoke-issues': failed ? `${failed.id}: ${failed.result?.summary}` : 'none',
    },
  }
  if (rows.length === 0) return unknown('the suite has no test left', rest)
  if (failed) return fail(`${failed.id} failed: ${failed.result?.summary}`, rest)
  if (open)
    return unknown(
      `${open.id} ${open.result ? 'is unknown' : 'has not run'}: ${passed} of ${rows.length} tests passed`,
      rest,
    )
  return pass(`${passed} of ${rows.length} tests passed on ${ctx.release.version}`, rest)
}
