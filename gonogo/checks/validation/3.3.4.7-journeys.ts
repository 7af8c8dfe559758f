import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { freshValues, stepSchema, walk } from '../live/journey.ts'

const config = z.strictObject({
  journeys: z.array(z.strictObject({ name: z.string().min(1), steps: z.array(stepSchema).min(1) })).min(1),
  /** Header of an answer that begins with the version that gave it; null where the router adds none. */
  servedBy: z.string().nullable().default('x-served-by'),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.4.7',
  title: 'User-facing features verified',
  config,
  limitMs: 60_000,
  run,
})

/** What users do, done through the public address, and answered by the new version. */
async function run(ctx: CheckContext, { journeys, servedBy }: Config): Promise<CheckResult> {
  const { environment, release } = ctx
  if (!environment.url) throw new CheckProblem(`${environment.name} has no public address`)
  const problems: string[] = []
  let answers = 0
  for (const { name, steps } of journeys) {
    const walked = await walk(ctx, environment, environment.url, steps, freshValues())
    answers += walked.answers.length
    if (walked.problem !== null) problems.push(`${name}: ${walked.problem}`)
    const others =
      servedBy === null
        ? []
        : walked.answers.map(({ headers }) => headers.get(servedBy)?.split('/')[0] ?? 'nobody')
    const other = others.find((version) => version !== release.version)
    if (other !== undefined) problems.push(`${name}: answered by ${other}, not by ${release.version}`)
  }
  const rest = {
    claim: { journeys: journeys.map(({ name }) => name), problems },
    source: environment.url,
    population: `${answers} requests of ${journeys.length} journeys`,
  }
  const [problem] = problems
  if (problem) return fail(problem, rest)
  return pass(
    `${journeys.length} of ${journeys.length} journeys went through, by the public address, on ${release.version}`,
    rest,
  )
}
