import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { freshValues, type Step, stepSchema, type Walked, walk } from '../live/journey.ts'

const config = z.strictObject({
  /** An endpoint that users reach with a token, and nobody without one. */
  path: z.string().startsWith('/'),
  /** Key under `access:` of a user's token. */
  token: z.string().default('userToken'),
  /** Where users get their token from, with a `save:` of `token`; without it the declared one is used. */
  login: stepSchema.optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.2.1',
  title: 'User authentication works',
  config,
  limitMs: 20_000,
  run,
})

/** On every new instance: log in, call, and be refused without a token and with a wrong one. */
async function run(ctx: CheckContext, { path, token, login }: Config): Promise<CheckResult> {
  const { environment } = ctx
  const instances = await releaseInstances(ctx, environment)
  const garbage = { ...environment, access: async () => 'not-a-token-of-this-service-000000' }
  const step: Step = stepSchema.parse({ path, token })
  const problems: string[] = []
  for (const instance of instances) {
    const values = freshValues()
    const entered = login ? await walk(ctx, environment, instance.url, [login], values) : null
    const holder =
      values.token === undefined ? environment : { ...environment, access: async () => values.token ?? '' }
    const walked: Walked[] = [
      ...(entered ? [entered] : []),
      await walk(ctx, holder, instance.url, [step], values),
      await walk(ctx, environment, instance.url, [{ ...step, token: null, status: 401 }], values),
      await walk(ctx, garbage, instance.url, [{ ...step, status: 401 }], values),
    ]
    const said = [
      ...(entered ? ['logging in'] : []),
      'with the user’s token',
      'without a token',
      'with a wrong token',
    ]
    problems.push(...walked.flatMap(({ problem }, i) => (problem === null ? [] : [`${said[i]}: ${problem}`])))
  }
  const tried = login ? 4 : 3
  const rest = {
    claim: { path, login: login !== undefined, problems: [...new Set(problems)] },
    source: instances.map(({ url }) => url).join(', '),
    population: `${tried} of ${tried} calls on ${instances.length} instances`,
  }
  const [problem] = problems
  if (problem) return fail(problem, rest)
  return pass(
    `${path} serves the user’s token, and refuses none and a wrong one, on ${instances.length} instances`,
    rest,
  )
}
