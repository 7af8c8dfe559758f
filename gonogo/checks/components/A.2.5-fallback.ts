import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Json } from '#core/json.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { askAgent, askSchema, insteadOf, type Told } from '../live/ask-agent.ts'
import { declared } from '../live/declared.ts'
import { releaseInstances } from '../live/instances.ts'
import { fill, freshValues } from '../live/journey.ts'
import { NoAnswer } from '../live/probe.ts'
import { stubSchema, withStub } from '../live/stub.ts'

const WAYS = ['down', 'slow', 'garbage', 'cut'] as const
const LOOK_EVERY_MS = 200

const config = z.strictObject({
  ask: askSchema.optional(),
  stub: stubSchema.optional(),
  /** What makes the model fail in each way: no answer at all, late, nonsense, a stream that breaks off. */
  modes: z.partialRecord(z.enum(WAYS), z.json()).optional(),
  /** The fallback comes within this many seconds. */
  within: z.number().positive().max(60).default(10),
  /** Once the model is well, its answers come again within this many seconds. */
  recoverWithin: z.number().positive().max(60).default(15),
  question: z
    .strictObject({ text: z.string(), expect: z.string() })
    .default({ text: 'What is {{a}} + {{b}}?', expect: '{{sum}}' }),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: 'A.2.5',
  title: 'Fallback responses configured',
  config,
  recheck: false,
  limitMs: 180_000,
  run,
})

/** Whatever the model does, the user gets an answer in time that says that it is a fallback. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { environment } = ctx
  const ask = declared(ctx, config.ask, 'ask: { path: /… }')
  const stub = declared(ctx, config.stub, 'stub: { component: …, path: /…, normal: … }')
  const modes = declared(ctx, config.modes, 'modes: { down: …, slow: …, garbage: …, cut: … }')
  const ways = WAYS.map(
    (way) => [way, declared(ctx, modes[way], `modes.${way}: what tells the stub`)] as const,
  )
  const [instance] = await releaseInstances(ctx, environment)
  const token = await environment.access(ask.token)
  return withStub(ctx, environment, instance, stub, async (model) => {
    const question = () =>
      asking(config, (values) => askAgent(ctx.signal, instance.url, ask, token, values, config.within * 1000))
    const problem = await problemOf(
      ways,
      question,
      model.tell,
      () => recovers(ctx, config, question),
      stub.normal,
    )
    const rest = {
      claim: { ways: [...WAYS], problem },
      source: `${ask.path} at ${instance.url}, before ${model.instance.url}`,
      population: `${WAYS.length} ways of failing`,
    }
    if (problem !== null) return fail(problem, rest)
    return pass(
      `${WAYS.join(', ')}: each ends in a marked fallback within ${config.within} s, and the model is used again when it is well`,
      rest,
    )
  })
}

type Asked = { readonly told: Told | null; readonly isRight: boolean }

async function asking(
  { question }: Config,
  ask: (values: Record<string, string>) => Promise<Told>,
): Promise<Asked> {
  const values = freshValues()
  const words = { ...values, text: fill(question.text, values), conversation: `g${values.unique}` }
  const told = await ask(words).catch((problem: unknown) => {
    if (problem instanceof NoAnswer) return null
    throw problem
  })
  const isRight =
    told !== null && !told.isFallback && told.said?.includes(fill(question.expect, values)) === true
  return { told, isRight }
}

async function problemOf(
  ways: readonly (readonly [string, Json])[],
  question: () => Promise<Asked>,
  tell: (behaviour: Json) => Promise<void>,
  recovers: () => Promise<boolean>,
  normal: Json,
): Promise<string | null> {
  const first = await question()
  if (!first.isRight) return `with the model well: ${wordsFor(first)}, not an answer`
  for (const [way, behaviour] of ways) {
    await tell(behaviour)
    const asked = await question()
    // A model that is told to fail and is answered from all the same is not the one that is asked.
    if (asked.isRight)
      throw new CheckProblem(`with the model told to be ${way}, a right answer comes all the same`)
    if (asked.told === null || asked.told.said === null)
      return `with the model ${way}: ${wordsFor(asked)}, not a fallback`
    if (!asked.told.isFallback) return `with the model ${way}: an answer that is not marked as a fallback`
    await tell(normal)
    if (!(await recovers())) return `after the model was ${way}: still no answer of the model`
  }
  return null
}

const wordsFor = ({ told }: Asked): string => (told === null ? 'no answer in time' : insteadOf(told))

async function recovers(ctx: CheckContext, config: Config, question: () => Promise<Asked>): Promise<boolean> {
  const until = performance.now() + config.recoverWithin * 1000
  while (performance.now() < until) {
    if ((await question()).isRight) return true
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
  }
  return false
}
