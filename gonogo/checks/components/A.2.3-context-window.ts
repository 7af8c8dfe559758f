import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { declared } from '../live/declared.ts'
import { releaseInstances } from '../live/instances.ts'
import { at, freshValues } from '../live/journey.ts'
import { type Answer, jsonOf, NoAnswer, probe } from '../live/probe.ts'
import { type HeldStub, stubSchema, withStub } from '../live/stub.ts'

const TURNS = 80

const config = z.strictObject({
  /** A request that brings a conversation along: `"{{messages}}"` in the body stands for its turns {role, content}. */
  request: z
    .strictObject({
      path: z.string().startsWith('/'),
      body: z.json(),
      token: z.string().default('userToken'),
    })
    .optional(),
  answer: z.string().default('/choices/0/message/content'),
  /** The context limit, in tokens, and how many characters a token has at most. */
  limit: z.number().int().min(100).max(1_000_000).optional(),
  charactersPerToken: z.number().min(1).max(8).default(4),
  stub: stubSchema.optional(),
  /** Where the model says what it was asked last, and the JSON pointer of the messages there. */
  seen: z.strictObject({ path: z.string().startsWith('/'), messages: z.string() }).optional(),
})

type Config = z.infer<typeof config>
type Message = { readonly role: string; readonly content: string }

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
    const problem = await problemOf(config, say, () => seenBy(ctx, model, seen), most)
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

type Say = (messages: readonly Message[]) => Promise<Answer>

async function problemOf(
  { answer: pointer }: Config,
  say: Say,
  seen: () => Promise<readonly Message[]>,
  most: number,
): Promise<string | null> {
  const short = freshValues()
  const plain = await orHang(say([user(`What is ${short.a} + ${short.b}?`)]))
  if (plain === null || !saysIn(plain, pointer).includes(short.sum ?? '?'))
    return `a short conversation gets ${wordsFor(plain)}, not an answer`
  const system = (await seen())[0]
  if (system?.role !== 'system' || system.content === '')
    return 'the model is given no instructions, so none can survive'
  const long = freshValues()
  const turns = conversationOf(Math.ceil((2 * most) / TURNS))
  const question = `What is ${long.a} + ${long.b}?`
  const over = await orHang(say([...turns, user(question)]))
  const overProblem =
    over !== null && isRefusal(over)
      ? null
      : over === null || !saysIn(over, pointer).includes(long.sum ?? '?')
        ? `a conversation over the limit gets ${wordsFor(over)}, neither an answer nor a clean refusal`
        : fitProblem(await seen(), system, question, turns, most)
  if (overProblem !== null) return overProblem
  const huge = await orHang(say([user(`${'word '.repeat(Math.ceil((1.2 * most) / 5))}What is 1 + 1?`)]))
  if (huge === null || (!isRefusal(huge) && (huge.status > 299 || jsonOf(huge) === null)))
    return `a message over the limit gets ${wordsFor(huge)}, neither an answer nor a clean refusal`
  return isRefusal(huge) ? null : sizeProblem(await seen(), system, most)
}

function fitProblem(
  given: readonly Message[],
  system: Message,
  question: string,
  turns: readonly Message[],
  most: number,
): string | null {
  const size = sizeProblem(given, system, most)
  if (size !== null) return size
  if (given.at(-1)?.content !== question) return 'the question itself did not survive the trimming'
  const kept = given.filter(({ role }) => role !== 'system').slice(0, -1)
  const newest = turns.slice(turns.length - kept.length)
  const isNewest = kept.every(({ content }, n) => content === newest[n]?.content)
  return isNewest ? null : 'what is kept of the conversation is not its newest turns without a gap'
}

function sizeProblem(given: readonly Message[], system: Message, most: number): string | null {
  const size = given.reduce((sum, { content }) => sum + content.length, 0)
  if (size > most) return `${size} characters go to the model, more than the ${most} of its limit`
  return given[0]?.role === 'system' && given[0].content === system.content
    ? null
    : 'the instructions do not survive a conversation over the limit'
}

const user = (content: string): Message => ({ role: 'user', content })

const conversationOf = (charactersEach: number): Message[] =>
  Array.from({ length: TURNS }, (_, n) => ({
    role: n % 2 === 0 ? 'user' : 'assistant',
    content: `turn ${n} of a long talk`.padEnd(charactersEach, ', and so on'),
  }))

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

const saysIn = (answer: Answer, pointer: string): string => String(at(jsonOf(answer), pointer) ?? '')

/** 4xx with words in JSON; not 401, 403, 404 or 429, which are about something else. */
const isRefusal = (answer: Answer): boolean => {
  if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  return [400, 413, 422].includes(answer.status) && jsonOf(answer) !== null
}

const wordsFor = (answer: Answer | null): string =>
  answer === null ? 'no answer in time' : `${answer.status} ${answer.mediaType || 'without a media type'}`

const orHang = (answer: Promise<Answer>): Promise<Answer | null> =>
  answer.catch((problem: unknown) => {
    if (problem instanceof NoAnswer) return null
    throw problem
  })
