import { z } from 'zod'
import { CheckProblem } from '../check.ts'
import { at, fill, type Values } from './journey.ts'
import { type Answer, jsonOf, probe } from './probe.ts'

/** A request that the service serves by calling its model. */
export const requestSchema = z.strictObject({
  path: z.string().startsWith('/'),
  body: z.json(),
  token: z.string().default('userToken'),
})

/** How an agent is asked. In the body `{{text}}` is what is said, `{{conversation}}` where. */
export const askSchema = requestSchema.extend({
  body: z.json().default({ text: '{{text}}', conversation: '{{conversation}}' }),
  /** JSON pointers of the answer's text, and of what marks a fallback (absent or false where a model answered). */
  answer: z.string().default('/reply'),
  fallback: z.string().default('/fallback'),
})

export type Ask = z.infer<typeof askSchema>

/** `said` is null where the answer is not one of an agent: another status, no JSON, no text. */
export type Told = { readonly answer: Answer; readonly said: string | null; readonly isFallback: boolean }

/** Says something to the agent behind an address. Throws a CheckProblem where the rate limit stands in the way. */
export async function askAgent(
  signal: AbortSignal,
  base: string,
  ask: Ask,
  token: string,
  values: Values,
  timeoutMs = 15_000,
): Promise<Told> {
  const body = filled(ask.body, values) as object
  const answer = await probe(signal, base, ask.path, { method: 'POST', token, body, timeoutMs })
  if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  const json = answer.status >= 200 && answer.status < 300 ? jsonOf(answer) : null
  const said = at(json, ask.answer)
  const mark = at(json, ask.fallback)
  return {
    answer,
    said: typeof said === 'string' && said.trim() !== '' ? said : null,
    isFallback: mark !== undefined && mark !== false && mark !== null,
  }
}

/** What came instead of an agent's answer, in words. */
export const insteadOf = ({ answer, said, isFallback }: Told): string =>
  said === null
    ? `${answer.status} ${answer.mediaType || 'without a media type'}`
    : isFallback
      ? 'a fallback'
      : said.slice(0, 60)

/** A JSON value whose texts have `{{name}}` filled in: texts of any kind stay what they are. */
export function filled(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return fill(value, values)
  if (Array.isArray(value)) return value.map((one) => filled(one, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, values)]))
}
