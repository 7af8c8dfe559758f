import { z } from 'zod'
import type { Check, CheckContext, CheckResult } from '../check.ts'
import { CheckProblem, defineCheck, fail, pass, unknown } from '../check.ts'
import { stagingOf } from '../live/instances.ts'
import { isSuiteDeclared, SUITE } from '../smoke/suite.ts'

export const check = defineCheck({
  id: '2.2.2',
  title: 'Staging smoke tests passed',
  config: z.strictObject({}),
  bound: (service) => service.staging !== undefined && isSuiteDeclared(service),
  limitMs: 120_000,
  run,
})

type Ran = { readonly id: string; readonly result: CheckResult }

/** The tests of 3.3.2 that the service file declares, run on this release in staging, by the same configuration. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const environment = stagingOf(ctx)
  const declared = SUITE.filter(({ id }) => Object.hasOwn(ctx.service.checks, id))
  const ran: Ran[] = []
  for (const test of declared) ran.push({ id: test.id, result: await runTest({ ...ctx, environment }, test) })
  const passed = ran.filter(({ result }) => result.verdict === 'pass').length
  const rest = {
    claim: { tests: ran.map(({ id, result: { verdict, claim } }) => ({ id, verdict, claim })) },
    source: `the smoke suite in ${environment.name}`,
    population: `${passed} of ${ran.length} tests`,
    blanks: { 'staging-results': `${passed} of ${ran.length} tests passed` },
  }
  if (ran.length === 0) return unknown('the suite has no test', rest)
  const failed = ran.find(({ result }) => result.verdict === 'fail')
  if (failed) return fail(`${failed.id} failed in ${environment.name}: ${failed.result.summary}`, rest)
  const open = ran.find(({ result }) => result.verdict === 'unknown')
  if (open) return unknown(`${open.id} in ${environment.name}: ${open.result.summary}`, rest)
  return pass(`${passed} of ${ran.length} tests passed in ${environment.name}`, rest)
}

async function runTest(ctx: CheckContext, test: Check): Promise<CheckResult> {
  const config = test.config.safeParse(ctx.service.checks[test.id])
  if (!config.success)
    throw new CheckProblem(`checks: "${test.id}" is not as it should be: ${config.error.issues[0]?.message}`)
  try {
    return await test.run({ ...ctx, item: test.id }, config.data)
  } catch (error) {
    if (!(error instanceof CheckProblem)) throw error
    return { verdict: 'unknown', summary: error.message, claim: null, source: 'the test itself' }
  }
}
