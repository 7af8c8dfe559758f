import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { jsonOf, probe } from '../live/probe.ts'

const LEAST_REQUESTS = 100

const config = z.strictObject({
  /** What users ask for most; each must answer with JSON. */
  paths: z.array(z.string().startsWith('/')).min(1),
  token: z.string().default('userToken'),
  /** Requests in all, one after the other. Percentiles of fewer than 100 say nothing of the 99th. */
  requests: z.number().int().min(LEAST_REQUESTS).max(5000).default(200),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.2.7',
  title: 'Check performance metrics',
  config,
  limitMs: 60_000,
  run,
})

/** Response times of a new instance, measured from here, within the service's SLA. */
async function run(ctx: CheckContext, { paths, token, requests }: Config): Promise<CheckResult> {
  const { environment, service } = ctx
  const [instance] = await releaseInstances(ctx, environment)
  const bearer = await environment.access(token)
  const times: number[] = []
  const source = `GET ${paths.join(', ')} at ${instance.url}`
  for (let i = 0; i < requests; i++) {
    const path = paths[i % paths.length] ?? '/'
    const answer = await probe(ctx.signal, instance.url, path, { token: bearer })
    if (answer.status === 429)
      throw new CheckProblem(`${path}: the rate limit is in the way (429) after ${i} requests`)
    if (answer.status < 200 || answer.status > 299 || jsonOf(answer) === null) {
      const said = `${path} answers ${answer.status} ${answer.mediaType}, not 2xx with JSON`
      return fail(said, { claim: { paths, problem: said }, source })
    }
    times.push(answer.durationMs)
  }
  times.sort((a, b) => a - b)
  const measured = [50, 95, 99].map((p) => ({
    p,
    ms: percentile(times, p),
    limit: service.sla[`p${p}Ms` as 'p50Ms'],
  }))
  const over = measured.filter(({ ms, limit }) => ms > limit)
  const said = measured.map(({ p, ms, limit }) => `p${p} ${Math.round(ms)} ms (SLA ${limit} ms)`).join(', ')
  const rest = {
    claim: { paths, over: over.map(({ p }) => `p${p}`) },
    source,
    population: `${requests} of ${requests} requests`,
  }
  return over.length > 0 ? fail(said, rest) : pass(said, rest)
}

/** The nearest rank: the least value that p per cent of the sorted ones do not exceed. */
const percentile = (sorted: readonly number[], p: number): number =>
  sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
