import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { z } from 'zod'
import type { OpenApi } from '#connectors/openapi/index.ts'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { type Described, describedOperations, openApiOf } from '../live/live-openapi.ts'
import { type Answer, jsonOf, probe } from '../live/probe.ts'
import { readingEvidence } from '../reading.ts'

const config = z.strictObject({
  /** Path of the OpenAPI document on the instance. */
  document: z.string().startsWith('/').default('/openapi.json'),
  token: z.string().default('userToken'),
  /** Tokens of operations that need another role: path → key under `access:`. */
  tokens: z.record(z.string(), z.string()).default({}),
  /** Values of path and required query parameters, by name; a safe operation without them is not tried. */
  parameters: z.record(z.string(), z.string()).default({}),
  /** Paths of safe operations that are left out, each with the reason. */
  except: z.record(z.string(), z.string()).default({}),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.2.4',
  title: 'API endpoints return expected responses',
  config,
  limitMs: 60_000,
  run: readingEvidence(run),
})

/** Every GET of the document answers with a status it names, and with what its schema says. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const [instance] = await releaseInstances(ctx, ctx.environment)
  const source = `${instance.url}${config.document}`
  const { document, problem } = await openApiOf(ctx, instance, config.document)
  if (!document) return fail(problem, { claim: { operations: [] }, source })
  const safe = describedOperations(document).filter(
    ({ method, path }) => method === 'GET' && !(path in config.except),
  )
  const tried = safe.filter((operation) => isFilled(operation, config))
  if (tried.length === 0)
    throw new CheckProblem(`${source}: has no GET that can be tried; add parameters: under checks: "3.3.2.4"`)
  const ajv = validatorOf(document)
  const found = await Promise.all(tried.map((operation) => problemOf(ctx, instance, operation, config, ajv)))
  const problems = found.flatMap((one) => one ?? [])
  const left = safe.filter((operation) => !tried.includes(operation)).map(({ path }) => path)
  const rest = {
    claim: {
      operations: tried.map(({ path }) => path).sort(),
      left,
      except: Object.keys(config.except).sort(),
      problems,
    },
    source,
    population: `${tried.length} of ${safe.length} safe operations`,
  }
  const [first] = problems
  if (first) return fail(`${problems.length} of ${tried.length} operations: ${first}`, rest)
  if (left.length > 0)
    throw new CheckProblem(
      `${left[0]} was not tried; add its parameters: or name it under except: in checks: "3.3.2.4"`,
    )
  return pass(`${tried.length} of ${safe.length} safe operations answer as the document says`, rest)
}

const isFilled = ({ parameters }: Described, config: Config): boolean =>
  parameters.every((one) => !(one.required || one.in === 'path') || one.name in config.parameters)

async function problemOf(
  ctx: CheckContext,
  instance: Instance,
  operation: Described,
  config: Config,
  ajv: Ajv2020,
): Promise<string | null> {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(config.parameters[name] ?? ''),
  )
  const query = operation.parameters.filter((one) => one.in === 'query' && one.required)
  const search = new URLSearchParams(
    query.map(({ name }): [string, string] => [name, config.parameters[name] ?? '']),
  )
  const key = config.tokens[operation.path] ?? config.token
  const token = operation.isGuarded ? await ctx.environment.access(key) : undefined
  const answer = await probe(
    ctx.signal,
    instance.url,
    search.size > 0 ? `${path}?${search}` : path,
    token ? { token } : {},
  )
  if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  const said = `GET ${operation.path}`
  if (answer.status < 200 || answer.status > 299) return `${said} answers ${answer.status}`
  const schema = operation.answers.get(String(answer.status)) ?? operation.answers.get('2XX')
  if (!operation.answers.has(String(answer.status)) && !operation.answers.has('2XX'))
    return `${said} answers ${answer.status}, which the document does not name`
  if (!schema) return /html/.test(answer.mediaType) ? `${said} answers a page` : null
  return schemaProblem(ajv, schema, answer, said)
}

function schemaProblem(
  ajv: Ajv2020,
  schema: Readonly<Record<string, unknown>>,
  answer: Answer,
  said: string,
): string | null {
  const body = jsonOf(answer)
  if (body === null) return `${said} answers ${answer.mediaType || 'no media type'}, not JSON`
  const validate: ValidateFunction = ajv.compile(rooted(schema) as object)
  if (validate(body)) return null
  const [error] = validate.errors ?? []
  return `${said}: ${error?.instancePath || 'the answer'} ${error?.message}`
}

const ROOT = 'gonogo:document'

/** The document is one schema, so that references lead where they say. */
function validatorOf(document: OpenApi): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, validateFormats: true, logger: false })
  ;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
  ajv.addSchema(document as object, ROOT)
  return ajv
}

/** A schema cut out of the document: its references start at the document again. */
function rooted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rooted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' && inner.startsWith('#') ? ROOT + inner : rooted(inner),
    ]),
  )
}
