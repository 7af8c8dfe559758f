import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  type EnvironmentAccess,
  fail,
  pass,
} from '../check.ts'
import { releaseInstances, stagingOf } from '../live/instances.ts'
import { fill, freshValues, stepSchema, type Values, walk } from '../live/journey.ts'
import { type Described, describedOperations, follow, openApiOf } from '../live/live-openapi.ts'
import { type Answer, jsonOf, NoAnswer, probe } from '../live/probe.ts'
import { isObject } from '../live/readiness.ts'
import { readingEvidence } from '../reading.ts'
import { malformedBodies } from './malformed-input.ts'

/** What a refusal of bad input may be; 401, 403, 404 and 429 refuse something else. */
const REFUSALS = [400, 413, 415, 422]
const BAD_PARAMETER = '%00not%20a%20value'

const validSchema = z.strictObject({
  body: z.record(z.string(), z.json()).optional(),
  /** Path parameters, by name. */
  parameters: z.record(z.string(), z.string()).default({}),
  token: z.string().default('userToken'),
  /** Makes what the valid request needs; saves it for `parameters` and `body`. */
  before: z.array(stepSchema).default([]),
  /** Removes what the valid request made; `{{id}}` is the `id` of its answer. */
  after: z.array(stepSchema).default([]),
})

const config = z.strictObject({
  document: z.string().startsWith('/').default('/openapi.json'),
  /** A request of every operation with input that must be served: the control. By "METHOD /path". */
  valid: z.record(z.string(), validSchema),
  /** Operations that are left out, each with the reason. */
  except: z.record(z.string(), z.string().min(1)).default({}),
})

type Config = z.infer<typeof config>
type Valid = z.infer<typeof validSchema>
type Attempt = {
  readonly what: string
  readonly path: string
  readonly body?: string | Uint8Array
  readonly contentType?: string
}

export const check = defineCheck<Config>({
  id: '1.2.6',
  title: 'Input validation reviewed',
  config,
  limitMs: 120_000,
  run: readingEvidence(run),
})

/** Every operation with input serves a valid request, and refuses each malformed one in words. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  const [instance] = await releaseInstances(ctx, staging)
  const source = `${instance.url}${config.document}`
  const { document, problem } = await openApiOf(ctx, instance, config.document)
  if (!document) return fail(problem, { claim: { operations: [] }, source })
  const all = describedOperations(document).filter(hasInput)
  const operations = all.filter((one) => !(nameOf(one) in config.except))
  if (operations.length === 0)
    throw new CheckProblem(`${source}: has no operation with input that may be tried`)
  const open = operations.find((one) => !(nameOf(one) in config.valid))
  if (open)
    throw new CheckProblem(
      `${nameOf(open)} has no valid request to compare with; add it to valid: under checks: "1.2.6"`,
    )
  const problems: string[] = []
  let attempts = 0
  for (const operation of operations) {
    const valid = config.valid[nameOf(operation)]
    if (!valid) continue
    const schema = follow(document as unknown as Record<string, unknown>, operation.body?.schema)
    const tried = await tryOperation(
      ctx,
      staging,
      instance,
      operation,
      valid,
      isObject(schema) ? schema : null,
    )
    attempts += tried.attempts
    problems.push(...tried.problems)
  }
  const rest = {
    claim: { operations: operations.map(nameOf).sort(), except: Object.keys(config.except).sort(), problems },
    source,
    population: `${attempts} malformed requests of ${operations.length} of ${all.length} operations`,
  }
  const [first] = problems
  if (first)
    return fail(`${problems.length} of ${attempts} requests: ${problems.slice(0, 3).join('; ')}`, rest)
  return pass(
    `${attempts} of ${attempts} malformed requests are refused in words, by ${operations.length} operations`,
    rest,
  )
}

const nameOf = ({ method, path }: Described): string => `${method} ${path}`
const hasInput = ({ body, parameters }: Described): boolean => body !== null || parameters.some(isRestricted)
/** A parameter for which some values are wrong. */
const isRestricted = ({ in: place, schema }: Described['parameters'][number]): boolean =>
  place === 'path' && schema !== null && ['format', 'pattern', 'enum'].some((key) => key in schema)

async function tryOperation(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  instance: Instance,
  operation: Described,
  valid: Valid,
  schema: Readonly<Record<string, unknown>> | null,
): Promise<{ attempts: number; problems: string[] }> {
  const values = freshValues()
  const prepared = await walk(ctx, environment, instance.url, valid.before, values)
  if (prepared.problem)
    return { attempts: 0, problems: [`${nameOf(operation)}: before it, ${prepared.problem}`] }
  const token = await environment.access(valid.token)
  const problems: string[] = []
  const attempts = attemptsOf(operation, valid, schema, values)
  try {
    for (const attempt of attempts) {
      const said = `${nameOf(operation)} with ${attempt.what}`
      const answer = await send(ctx, instance, operation, token, attempt)
      const problem = answer === null ? 'hangs' : refusalProblem(answer)
      if (problem !== null) problems.push(`${said} ${problem}`)
    }
    problems.push(...(await controlProblems(ctx, instance, operation, valid, token, values)))
  } finally {
    await walk(ctx, environment, instance.url, valid.after, values)
  }
  return { attempts: attempts.length, problems }
}

function attemptsOf(
  operation: Described,
  valid: Valid,
  schema: Readonly<Record<string, unknown>> | null,
  values: Values,
): Attempt[] {
  const path = pathOf(operation, valid, values)
  const bodies = operation.body
    ? malformedBodies(filled(valid.body ?? {}, values), schema).map((one) => ({ ...one, path }))
    : []
  const parameters = operation.parameters.filter(isRestricted).map(({ name }) => ({
    what: `a wrong ${name}`,
    path: pathOf(
      operation,
      { ...valid, parameters: { ...valid.parameters, [name]: '\u0000' } },
      values,
    ).replace('%00', BAD_PARAMETER),
    ...(operation.body
      ? { body: JSON.stringify(filled(valid.body ?? {}, values)), contentType: 'application/json' }
      : {}),
  }))
  return [...bodies, ...parameters]
}

async function controlProblems(
  ctx: CheckContext,
  instance: Instance,
  operation: Described,
  valid: Valid,
  token: string,
  values: Values,
): Promise<string[]> {
  const answer = await send(ctx, instance, operation, token, {
    what: 'a valid request',
    path: pathOf(operation, valid, values),
    ...(operation.body
      ? { body: JSON.stringify(filled(valid.body ?? {}, values)), contentType: 'application/json' }
      : {}),
  })
  const made = answer && jsonOf(answer)
  if (isObject(made) && typeof made.id === 'string') values.id = made.id
  const isServed =
    answer !== null && answer.status >= 200 && answer.status < 300 && (answer.status === 204 || made !== null)
  return isServed ? [] : [`${nameOf(operation)} answers ${answer?.status ?? 'nothing'} to a valid request`]
}

async function send(
  ctx: CheckContext,
  instance: Instance,
  { method }: Described,
  token: string,
  { path, body, contentType }: Attempt,
): Promise<Answer | null> {
  try {
    const answer = await probe(ctx.signal, instance.url, path, {
      method,
      token,
      ...(body === undefined ? {} : { body, headers: { 'content-type': contentType ?? '' } }),
    })
    if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
    return answer
  } catch (error) {
    if (error instanceof NoAnswer) return null
    throw error
  }
}

/** A refusal says in JSON what was wrong; a status alone helps nobody. */
function refusalProblem(answer: Answer): string | null {
  if (!REFUSALS.includes(answer.status)) return `gets ${answer.status}, not a refusal of the input`
  const body = jsonOf(answer)
  const said = isObject(body) ? (body.detail ?? body.message ?? body.error ?? body.title) : null
  const isSaid = (typeof said === 'string' && said.length > 0) || isObject(said)
  return isSaid ? null : `gets ${answer.status} without a word of what is wrong`
}

const filled = (body: Readonly<Record<string, unknown>>, values: Values): Readonly<Record<string, unknown>> =>
  JSON.parse(fill(JSON.stringify(body), values)) as Readonly<Record<string, unknown>>

const pathOf = ({ path }: Described, { parameters }: Valid, values: Values): string =>
  path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(fill(parameters[name] ?? name, values)),
  )
