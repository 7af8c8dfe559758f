import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { isObject, type ReadyReport, readyReports } from '../live/readiness.ts'

const config = z.strictObject({
  /** Field of the readiness answer that tells of the pool: `{ connections, roundTripMs, ok? }`. */
  field: z.string().default('database'),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.1.5',
  title: 'Test database connectivity',
  config,
  bound: () => true,
  limitMs: 20_000,
  run,
})

/** Every new instance that has a pool reports open connections and a round trip that it just made. */
async function run(ctx: CheckContext, { field }: Config): Promise<CheckResult> {
  const reports = await readyReports(ctx, ctx.environment)
  const page = reports.find(({ body }) => body === null)
  const source = reports.map(({ answer }) => answer.asked).join(', ')
  if (page)
    return fail(
      `${page.answer.asked} answers ${page.answer.mediaType || 'no media type'}, not a JSON object`,
      {
        claim: { pools: [] },
        source,
      },
    )
  const pools = reports.filter(({ body }) => body && field in body)
  if (!pools.some(({ instance }) => instance.isPublic))
    throw new CheckProblem(
      `no public instance reports ${field} on its readiness path; set field: under checks: "3.3.1.5"`,
    )
  const problems = pools.flatMap((report) => problemOf(report, field) ?? [])
  const rest = {
    claim: { pools: [...new Set(pools.map(({ instance }) => instance.component))].sort(), problems },
    source,
    population: `${pools.length - problems.length} of ${pools.length} pools`,
  }
  const [problem] = problems
  if (problem) return fail(problem, rest)
  const slowest = Math.max(...pools.map((report) => roundTripOf(report, field)))
  return pass(
    `${pools.length} of ${pools.length} pools are connected; the slowest round trip took ${slowest} ms`,
    rest,
  )
}

/** Round trip in ms as the pool tells it; NaN where it does not. */
const roundTripOf = ({ body }: ReadyReport, field: string): number => {
  const pool = body?.[field]
  return isObject(pool) ? Number(pool.roundTripMs) : Number.NaN
}

function problemOf({ instance, body }: ReadyReport, field: string): string | null {
  const pool = body?.[field]
  if (!isObject(pool)) return `${instance.component}: ${field} is no object`
  const { ok, connections, roundTripMs } = pool
  if (ok === false)
    return `${instance.component}: the database does not answer: ${String(pool.error ?? 'no reason given')}`
  if (typeof connections !== 'number' || !(connections > 0))
    return `${instance.component}: the pool has no connection`
  const isMeasured = typeof roundTripMs === 'number' && roundTripMs > 0
  return isMeasured ? null : `${instance.component}: no round trip was measured`
}
