import { CheckProblem } from '../check.ts'
import { at, freshValues } from './journey.ts'
import { type Answer, jsonOf, NoAnswer } from './probe.ts'

const TURNS = 80

export type Message = { readonly role: string; readonly content: string }

type Say = (messages: readonly Message[]) => Promise<Answer>

/** What went wrong first with a short conversation, one over the limit, and a message over it; null where nothing. */
export async function contextProblem(
  pointer: string,
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
