import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import { type CheckContext, CheckProblem, type EnvironmentAccess } from '../check.ts'
import { type Answer, jsonOf, probe } from './probe.ts'

const method = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

/** One request of a journey. Text in path, body and expectations has `{{name}}` filled in with what was saved before. */
export const stepSchema = z.strictObject({
  method: method.default('GET'),
  path: z.string().startsWith('/'),
  /** Key under `access:` of the bearer token; null sends none. */
  token: z.string().nullable().default('userToken'),
  body: z.json().optional(),
  /** The status that must come; any 2xx without it. */
  status: z.number().int().min(100).max(599).optional(),
  /** Values in the JSON answer by JSON pointer, which must be equal. */
  expect: z.record(z.string(), z.json()).default({}),
  /** Text that must be part of a value in the JSON answer, by JSON pointer. */
  contains: z.record(z.string(), z.string()).default({}),
  /** Values kept for later steps: name → JSON pointer. */
  save: z.record(z.string(), z.string()).default({}),
})

export type Step = z.infer<typeof stepSchema>
export type Values = Record<string, string>
export type Walked = {
  readonly answers: readonly Answer[]
  /** What the first step that went wrong came to; null when all went well. */
  readonly problem: string | null
}

/** Values that no earlier run can have left behind: `unique`, and `a` + `b` = `sum`. */
export function freshValues(): Values {
  const [a, b] = [randomInt(1000, 9999), randomInt(1000, 9999)]
  return { unique: `g${randomBytes(6).toString('hex')}`, a: `${a}`, b: `${b}`, sum: `${a + b}` }
}

/** Takes the steps one after the other; stops at the first that is not as expected. `values` gains what steps save. */
export async function walk(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  base: string,
  steps: readonly Step[],
  values: Values,
): Promise<Walked> {
  const answers: Answer[] = []
  for (const step of steps) {
    const token = step.token === null ? undefined : await environment.access(step.token)
    const answer = await probe(ctx.signal, base, fill(step.path, values), {
      method: step.method,
      ...(token === undefined ? {} : { token }),
      ...(step.body === undefined
        ? {}
        : { body: JSON.parse(fill(JSON.stringify(step.body), values)) as object }),
    })
    answers.push(answer)
    const problem = problemOf(step, answer, values)
    if (problem !== null) return { answers, problem: `${step.method} ${step.path}: ${problem}` }
  }
  return { answers, problem: null }
}

function problemOf(step: Step, answer: Answer, values: Values): string | null {
  const { status, mediaType } = answer
  if (status === 429 && step.status !== 429)
    throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  if (step.status === undefined ? status < 200 || status > 299 : status !== step.status)
    return `answers ${status}, not ${step.status ?? '2xx'}`
  if (status === 204) return null
  const body = jsonOf(answer)
  if (body === null) return `answers ${mediaType || 'no media type'}, not JSON`
  for (const [pointer, wanted] of Object.entries(step.expect)) {
    const text = fill(JSON.stringify(wanted), values)
    if (JSON.stringify(at(body, pointer)) !== text)
      return `${pointer} is ${show(at(body, pointer))}, not ${text}`
  }
  for (const [pointer, wanted] of Object.entries(step.contains)) {
    const found = at(body, pointer)
    if (typeof found !== 'string' || !found.includes(fill(wanted, values)))
      return `${pointer} is ${show(found)}, without ${fill(wanted, values)}`
  }
  for (const [name, pointer] of Object.entries(step.save)) {
    const found = at(body, pointer)
    if (typeof found !== 'string' && typeof found !== 'number')
      return `${pointer} holds nothing to go on with`
    values[name] = String(found)
  }
  return null
}

export const fill = (text: string, values: Values): string =>
  text.replaceAll(/\{\{(\w+)\}\}/g, (all, name: string) => values[name] ?? all)

/** The value a JSON pointer (RFC 6901) leads to; undefined where there is none. */
export function at(value: unknown, pointer: string): unknown {
  let here = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    here = (here as Record<string, unknown>)[key]
  }
  return here
}

const show = (value: unknown): string => (JSON.stringify(value) ?? 'missing').slice(0, 80)
