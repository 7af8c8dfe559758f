import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { filled } from '../live/ask-agent.ts'
import { declared } from '../live/declared.ts'
import { releaseInstances } from '../live/instances.ts'
import { readMetric } from '../live/metric-value.ts'
import { type Answer, jsonOf, NoAnswer, probe } from '../live/probe.ts'
import { type HeldStub, stubSchema, withStub } from '../live/stub.ts'
import { readingEvidence } from '../reading.ts'

const REFUSALS = 5
const LOOK_EVERY_MS = 100

const config = z.strictObject({
  /** A request that the service serves by calling the upstream. */
  request: z
    .strictObject({
      path: z.string().startsWith('/'),
      body: z.json(),
      token: z.string().default('userToken'),
    })
    .optional(),
  stub: stubSchema.optional(),
  /** What makes the upstream fail every call, at once. */
  failing: z.json().default({ mode: 'fail' }),
  /** Where the upstream counts the calls it got, and the service says that the breaker is open (1 while it is). */
  calls: z.string().optional(),
  open: z.string().optional(),
  metrics: z.string().startsWith('/').default('/metrics'),
  /** Failures after which no breaker is taken to be there, and calls that one request may cost. */
  most: z.number().int().min(1).max(1000).default(30),
  callsPerRequest: z.number().int().min(1).max(3).default(1),
  /** A refusal without a call takes no longer, and the breaker lets a call through no later. */
  refusedWithinMs: z.number().positive().default(250),
  recoverWithin: z.number().positive().max(60).default(30),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: 'A.1.5',
  title: 'Circuit breakers configured',
  config,
  recheck: false,
  limitMs: 180_000,
  run: readingEvidence(run),
})

/** What is asked and read over and over. `calls` is what reached the upstream since the last look. */
type Probing = {
  readonly ask: () => Promise<Answer>
  readonly calls: () => Promise<number>
  readonly isOpen: () => Promise<boolean>
}

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { environment } = ctx
  const request = declared(ctx, config.request, 'request: { path: /…, body: … }')
  const stub = declared(ctx, config.stub, 'stub: { component: …, path: /…, normal: … }')
  const calls = declared(ctx, config.calls, 'calls: the metric of the upstream that counts its calls')
  const open = declared(ctx, config.open, 'open: the metric that is 1 while the breaker is open')
  const [instance] = await releaseInstances(ctx, environment)
  const token = await environment.access(request.token)
  const ask = () =>
    probe(ctx.signal, instance.url, request.path, {
      method: 'POST',
      token,
      body: filled(request.body, {}) as object,
    }).then(notLimited)
  return withStub(ctx, environment, instance, stub, async (upstream) => {
    const first = await ask()
    if (!isServed(first))
      return fail(`with the upstream well: ${first.status} ${first.mediaType}, not 2xx with JSON`, {
        claim: { path: request.path },
        source: first.asked,
      })
    const probing = await probingOf(ctx, instance, upstream, ask, { calls, open, metrics: config.metrics })
    const story = { failures: 0 }
    const problem = await problemOf(ctx, config, upstream, probing, stub.normal, story)
    const rest = {
      claim: { path: request.path, problem },
      source: `POST ${request.path} at ${instance.url}, before ${upstream.instance.url}`,
      population: `${story.failures} failures, ${REFUSALS} refusals, 1 recovery`,
    }
    if (problem !== null) return fail(problem, rest)
    return pass(
      `after ${story.failures} failures refused at once without a call; one call tried, closed on recovery; the metrics show it`,
      rest,
    )
  })
}

async function probingOf(
  ctx: CheckContext,
  { url }: Instance,
  upstream: HeldStub,
  ask: () => Promise<Answer>,
  { calls, open, metrics }: { calls: string; open: string; metrics: string },
): Promise<Probing> {
  const count = async () => (await readMetric(ctx, upstream.instance.url, metrics, calls)) ?? 0
  let before = await count()
  return {
    ask,
    calls: async () => {
      const now = await count()
      const came = now - before
      before = now
      return came
    },
    isOpen: async () => {
      const value = await readMetric(ctx, url, metrics, open)
      if (value === null) throw new CheckProblem(`${url}${metrics}: there is no ${open}`)
      return value === 1
    },
  }
}

/** Well, failing, open, trying, recovered: what was not as it should be first; null where all was. */
async function problemOf(
  ctx: CheckContext,
  config: Config,
  upstream: HeldStub,
  probing: Probing,
  normal: z.infer<typeof stubSchema>['normal'],
  story: { failures: number },
): Promise<string | null> {
  const well = await probing.ask()
  if ((await probing.calls()) === 0)
    throw new CheckProblem(
      `${well.asked}: is served without a call to ${upstream.instance.id}; declare one that needs it`,
    )
  if (await probing.isOpen()) return 'the metrics say that the breaker is open while the upstream is well'
  await upstream.tell(config.failing)
  const opening = await untilRefused(config, probing, story)
  if (typeof opening === 'string') return opening
  const refusing = await refusals(config, probing)
  if (refusing !== null) return refusing
  const trying = await triesOnce(ctx, config, probing, opening.retryAfter)
  if (trying !== null) return trying
  await upstream.tell(normal)
  return recovers(ctx, config, probing)
}

/** Asks until a request is refused without a call to the upstream. */
async function untilRefused(
  { most, callsPerRequest }: Config,
  { ask, calls }: Probing,
  story: { failures: number },
): Promise<string | { retryAfter: number }> {
  while (story.failures < most) {
    const answer = await orHang(ask)
    if (answer === null) return 'a request hangs while the upstream fails: a timeout is no open breaker'
    if (isServed(answer)) return `answers ${answer.status} while its upstream fails`
    const cost = await calls()
    if (cost > callsPerRequest)
      return `one request became ${cost} calls to a failing upstream: retries are no breaker`
    if (cost === 0) {
      const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN)
      if (answer.status !== 503 || !Number.isFinite(retryAfter))
        return `an open breaker answers ${answer.status}${Number.isFinite(retryAfter) ? '' : ' without Retry-After'}, not 503 with one`
      return { retryAfter }
    }
    story.failures++
  }
  return `no breaker: ${story.failures} of ${most} requests in a row reached the failing upstream`
}

async function refusals(
  { refusedWithinMs }: Config,
  { ask, calls, isOpen }: Probing,
): Promise<string | null> {
  const times: number[] = []
  for (let n = 0; n < REFUSALS; n++) times.push((await orHang(ask))?.durationMs ?? Number.POSITIVE_INFINITY)
  const median = times.sort((a, b) => a - b)[Math.floor(REFUSALS / 2)] ?? 0
  if (median > refusedWithinMs)
    return `a refusal takes ${Math.round(median)} ms, more than ${refusedWithinMs} ms`
  const reached = await calls()
  if (reached > 0) return `${reached} of ${REFUSALS} refused requests reached the upstream all the same`
  return (await isOpen()) ? null : 'the metrics do not show that the breaker is open'
}

/** After its time the breaker lets one call through, and no more than one, and opens again when that fails. */
async function triesOnce(
  ctx: CheckContext,
  { recoverWithin }: Config,
  { ask, calls, isOpen }: Probing,
  retryAfter: number,
): Promise<string | null> {
  if (retryAfter > recoverWithin) return `Retry-After says ${retryAfter} s, more than ${recoverWithin} s`
  const until = performance.now() + recoverWithin * 1000
  while (performance.now() < until) {
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
    await Promise.all(Array.from({ length: REFUSALS }, () => orHang(ask)))
    const tried = await calls()
    if (tried > 1) return `${tried} calls at once try an upstream that still fails`
    if (tried === 1) return (await isOpen()) ? null : 'a failed try does not open the breaker again'
  }
  return `no call tries the upstream within ${recoverWithin} s`
}

async function recovers(
  ctx: CheckContext,
  { recoverWithin }: Config,
  { ask, isOpen }: Probing,
): Promise<string | null> {
  const until = performance.now() + recoverWithin * 1000
  while (performance.now() < until) {
    const answer = await orHang(ask)
    if (answer !== null && isServed(answer))
      return (await isOpen()) ? 'the metrics say open though the upstream is called again' : null
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
  }
  return `still refused ${recoverWithin} s after the upstream is well again`
}

const isServed = (answer: Answer): boolean =>
  answer.status >= 200 && answer.status < 300 && jsonOf(answer) !== null

function notLimited(answer: Answer): Answer {
  if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  return answer
}

/** Null where no answer comes in time. */
const orHang = (ask: () => Promise<Answer>): Promise<Answer | null> =>
  ask().catch((problem: unknown) => {
    if (problem instanceof NoAnswer) return null
    throw problem
  })
