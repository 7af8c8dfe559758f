import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { filled, requestSchema } from '../live/ask-agent.ts'
import { breakerProblem, isServed, type Probing, REFUSALS } from '../live/breaker-story.ts'
import { declared } from '../live/declared.ts'
import { releaseInstances } from '../live/instances.ts'
import { readMetric } from '../live/metric-value.ts'
import { type Answer, probe } from '../live/probe.ts'
import { type HeldStub, stubSchema, withStub } from '../live/stub.ts'
import { readingEvidence } from '../reading.ts'

const config = z.strictObject({
  /** A request that the service serves by calling the upstream. */
  request: requestSchema.optional(),
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
  // Its call of the model through the agent would be counted as one of a request.
  after: ['A.2.1'],
  limitMs: 180_000,
  run: readingEvidence(run),
})

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
    const problem = await breakerProblem(ctx, { ...config, normal: stub.normal }, upstream, probing, story)
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

function notLimited(answer: Answer): Answer {
  if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  return answer
}
