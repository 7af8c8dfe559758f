import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { requestSchema } from '../live/ask-agent.ts'
import { contextProblem, type Message } from '../live/context-story.ts'
import { declared } from '../live/declared.ts'
import { releaseInstances } from '../live/instances.ts'
import { at } from '../live/journey.ts'
import { jsonOf, probe } from '../live/probe.ts'
import { type HeldStub, stubSchema, withStub } from '../live/stub.ts'

const config = z.strictObject({
  /** A request that brings a conversation along: `"{{messages}}"` in the body stands for its turns {role, content}. */
  request: requestSchema.optional(),
  answer: z.string().default('/choices/0/message/content'),
  /** The context limit, in tokens, and how many characters a token has at most. */
  limit: z.number().int().min(100).max(1_000_000).optional(),
  charactersPerToken: z.number().min(1).max(8).default(4),
  stub: stubSchema.optional(),
  /** Where the model says what it was asked last, and the JSON pointer of the messages there. */
  seen: z.strictObject({ path: z.string().startsWith('/'), messages: z.string() }).optional(),
})

type Config = z.infer<typeof config>
export const check = defineCheck<Config>({
  id: 'A.2.3',
  title: 'Context window limits enforced',
  config,
  recheck: false,
  limitMs: 120_000,
  run,
})

/** What the model is really given of a short conversation, one over the limit, and a message that is over it by itself. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { environment } = ctx
  const request = declared(ctx, config.request, 'request: { path: /…, body: { messages: "{{messages}}" } }')
  const limit = declared(ctx, config.limit, 'limit: the most tokens the model is given')
  const stub = declared(ctx, config.stub, 'stub: { component: …, path: /…, normal: … }')
  const seen = declared(ctx, config.seen, 'seen: { path: /…, messages: JSON pointer }')
  const [instance] = await releaseInstances(ctx, environment)
  const token = await environment.access(request.token)
  const most = limit * config.charactersPerToken
  const say = (messages: readonly Message[]) =>
    probe(ctx.signal, instance.url, request.path, {
      method: 'POST',
      token,
      body: withMessages(request.body, messages) as object,
      timeoutMs: 15_000,
    })
  return withStub(ctx, environment, instance, stub, async (model) => {
    const problem = await contextProblem(config.answer, say, () => seenBy(ctx, model, seen), most)
    const rest = {
      claim: { limit, problem },
      source: `${request.path} at ${instance.url}, and what ${model.instance.url}${seen.path} says it was asked`,
      population: '3 conversations',
    }
    if (problem !== null) return fail(problem, rest)
    return pass(
      `over ${limit} tokens a conversation keeps its instructions, its newest turns and its question; one message too many is refused cleanly or cut`,
      rest,
    )
  })
}

async function seenBy(
  ctx: CheckContext,
  { instance }: HeldStub,
  { path, messages }: { path: string; messages: string },
): Promise<readonly Message[]> {
  const answer = await probe(ctx.signal, instance.url, path)
  const found = at(jsonOf(answer), messages)
  if (!Array.isArray(found)) throw new CheckProblem(`${answer.asked}: ${messages} holds no messages`)
  return found.map((one: Partial<Message>) => ({
    role: String(one?.role),
    content: typeof one?.content === 'string' ? one.content : JSON.stringify(one?.content ?? ''),
  }))
}

function withMessages(body: unknown, messages: readonly Message[]): unknown {
  if (body === '{{messages}}') return messages
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, withMessages(value, messages)]))
}
