import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { at, fill, freshValues, stepSchema, walk } from '../live/journey.ts'
import { jsonOf } from '../live/probe.ts'

const prompt = z.strictObject({
  /** `{{unique}}`, `{{a}}`, `{{b}}` are fresh on each run. */
  say: z.string().min(1),
  /** What a right answer contains; `{{sum}}` is a + b. */
  contains: z.string().min(1),
})

const config = z.strictObject({
  path: z.string().startsWith('/'),
  token: z.string().default('userToken'),
  /** The request's body, with `{{prompt}}` where the prompt goes. */
  body: z.json().default({ text: '{{prompt}}' }),
  /** JSON pointer of the answer's text. */
  answer: z.string().default('/reply'),
  /** JSON pointer of what marks a fallback answer; it must be absent or false. */
  fallback: z.string().default('/fallback'),
  prompts: z
    .array(prompt)
    .min(1)
    .default([
      { say: 'What is {{a}} + {{b}}?', contains: '{{sum}}' },
      { say: 'Please say the word {{unique}}', contains: '{{unique}}' },
    ]),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.2.2',
  title: 'AI agent responds to prompts',
  config,
  limitMs: 60_000,
  run,
})

/** Each prompt gets an answer of its own that says what was asked for, and is not the fallback. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { path, prompts } = config
  const values = freshValues()
  if (prompts.every(({ say, contains }) => fill(say, values).includes(fill(contains, values))))
    throw new CheckProblem(
      'every prompt holds its own answer, so that an echo would pass; add one that does not',
    )
  const [instance] = await releaseInstances(ctx, ctx.environment)
  const problems: string[] = []
  const answers: string[] = []
  for (const one of prompts) {
    const { problem, text } = await ask(ctx, instance.url, config, one, values)
    if (problem !== null) problems.push(`${JSON.stringify(one.say)}: ${problem}`)
    if (text !== null) answers.push(text)
  }
  if (problems.length === 0 && new Set(answers).size < prompts.length)
    problems.push('different prompts get the same answer')
  const rest = {
    claim: { path, prompts: prompts.map(({ say }) => say), problems: problems.length },
    source: `POST ${instance.url}${path}`,
    population: `${prompts.length - problems.length} of ${prompts.length} prompts`,
  }
  const [problem] = problems
  if (problem) return fail(problem, rest)
  return pass(
    `${prompts.length} of ${prompts.length} prompts got a right answer, none of them the fallback`,
    rest,
  )
}

async function ask(
  ctx: CheckContext,
  base: string,
  { path, token, body, answer, fallback }: Config,
  { say, contains }: z.infer<typeof prompt>,
  values: Record<string, string>,
): Promise<{ problem: string | null; text: string | null }> {
  const filled = { ...values, prompt: JSON.stringify(fill(say, values)).slice(1, -1) }
  const step = stepSchema.parse({ method: 'POST', path, token, body, contains: { [answer]: contains } })
  const { problem, answers } = await walk(ctx, ctx.environment, base, [step], filled)
  const said = answers[0] ? jsonOf(answers[0]) : null
  const text = at(said, answer)
  const marked = at(said, fallback)
  if (marked !== undefined && marked !== false)
    return { problem: 'the fallback answered, not the agent', text: null }
  return { problem, text: typeof text === 'string' ? text : null }
}
