import { createHash } from 'node:crypto'
import { z } from 'zod'
import { readEvidenceFile } from '#connectors/evidence-file/index.ts'
import { durationSchema, formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { askAgent, askSchema, insteadOf } from '../live/ask-agent.ts'
import { declared } from '../live/declared.ts'
import { releaseInstances } from '../live/instances.ts'
import { fill, freshValues } from '../live/journey.ts'
import { jsonOf, probe } from '../live/probe.ts'
import { companionOf } from '../live/stub.ts'
import { readingEvidence } from '../reading.ts'

const DEFAULT_MAX_AGE_MS = 90 * 86_400_000
const CLOCK_SKEW_MS = 300_000

const config = z.strictObject({
  /** Keys under `access:` of the key in use and of the one before it. */
  key: z.string().default('modelKey'),
  previous: z.string().default('previousModelKey'),
  /** What the secret store says of the key, as JSON: `{"sha256": digest of the key, "rotatedAt": ISO 8601}`. */
  metadata: z.string().optional(),
  maxAge: durationSchema.default(DEFAULT_MAX_AGE_MS),
  /** A cheap GET of the model's maker that takes the key; of a component, or at an address of its own. */
  endpoint: z
    .strictObject({
      component: z.string().optional(),
      url: z.url().optional(),
      path: z.string().startsWith('/'),
    })
    .refine((e) => (e.component === undefined) !== (e.url === undefined), 'names a component or a url')
    .optional(),
  /** The running agent, whose answers show that it holds a key that works. */
  ask: askSchema.optional(),
})

type Config = z.infer<typeof config>

const metadataSchema = z.looseObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rotatedAt: z.iso.datetime({ offset: true }),
})

export const check = defineCheck<Config>({
  id: 'A.2.1',
  title: 'LLM API keys rotated and verified',
  config,
  recheck: false,
  limitMs: 60_000,
  run: readingEvidence(run),
})

/** The key is young by its metadata, which are about this very key; it works, in the running agent too; the old one does not. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { environment } = ctx
  const path = declared(ctx, config.metadata, 'metadata: the file with {"sha256": …, "rotatedAt": …}')
  const endpoint = declared(ctx, config.endpoint, 'endpoint: { component: …, path: /… }')
  const ask = declared(ctx, config.ask, 'ask: { path: /… }')
  const [key, previous] = [await environment.access(config.key), await environment.access(config.previous)]
  const { rotatedAt, sha256 } = await metadataOf(ctx, path)
  const [instance] = await releaseInstances(ctx, environment)
  const { component } = endpoint
  const base =
    component === undefined
      ? (endpoint.url ?? '')
      : (await companionOf(ctx, environment, instance, component)).url
  const ageMs = ctx.now() - Date.parse(rotatedAt)
  const call = (token: string) => probe(ctx.signal, base, endpoint.path, { token })
  const problem =
    keyProblem(key, previous, sha256) ??
    ageProblem(ageMs, config.maxAge) ??
    (await callProblem(call, key, previous)) ??
    (await agentProblem(ctx, instance.url, ask))
  const rest = {
    claim: { rotatedAt, problem },
    source: `${path}; GET ${endpoint.path} at ${base}; ${ask.path} at ${instance.url}`,
    population: '3 keys tried',
  }
  if (problem !== null) return fail(problem, rest)
  return pass(
    `rotated ${rotatedAt.slice(0, 10)}; the key works, in the agent too, and the previous one is refused`,
    rest,
  )
}

async function metadataOf(ctx: CheckContext, path: string): Promise<z.infer<typeof metadataSchema>> {
  const { text } = await readEvidenceFile(ctx.root, path)
  try {
    return metadataSchema.parse(JSON.parse(text))
  } catch {
    throw new CheckProblem(`${path}: is not {"sha256": digest of the key, "rotatedAt": ISO 8601}`)
  }
}

/** Metadata about another key say nothing of this one's age: touched, and not rotated. */
function keyProblem(key: string, previous: string, sha256: string): string | null {
  if (key === previous) return 'the key and the previous one are the same: nothing was rotated'
  if (createHash('sha256').update(key).digest('hex') !== sha256)
    return 'the metadata are about another key than the one in use'
  return null
}

function ageProblem(ageMs: number, maxAgeMs: number): string | null {
  if (ageMs < -CLOCK_SKEW_MS) return 'the metadata say that the key was rotated in the future'
  return ageMs > maxAgeMs
    ? `the key is ${formatDuration(ageMs)} old, more than ${formatDuration(maxAgeMs)}`
    : null
}

async function callProblem(
  call: (token: string) => ReturnType<typeof probe>,
  key: string,
  previous: string,
): Promise<string | null> {
  const own = await call(key)
  if (own.status < 200 || own.status > 299 || jsonOf(own) === null)
    return `a call with the key gets ${own.status} ${own.mediaType}, not 2xx with JSON`
  for (const [name, token] of [
    ['the previous key', previous],
    ['a key that nobody made', `none-${freshValues().unique}`],
  ] as const) {
    const { status, asked } = await call(token)
    if (status === 429 || status >= 500)
      throw new CheckProblem(`${asked}: answers ${status}, so what it thinks of ${name} is not known`)
    if (status !== 401 && status !== 403) return `${name} is not refused: ${status}`
  }
  return null
}

async function agentProblem(
  ctx: CheckContext,
  base: string,
  ask: z.infer<typeof askSchema>,
): Promise<string | null> {
  const values = freshValues()
  const words = { text: fill('What is {{a}} + {{b}}?', values), conversation: `g${values.unique}` }
  const told = await askAgent(ctx.signal, base, ask, await ctx.environment.access(ask.token), words)
  const isRight = !told.isFallback && told.said?.includes(values.sum ?? '?') === true
  return isRight ? null : `the agent gives ${insteadOf(told)}: the process does not hold a key that works`
}
