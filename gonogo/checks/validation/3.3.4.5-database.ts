import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { baselineOf, hasBaseline } from '../live/baseline.ts'
import { allReleaseInstances } from '../live/instances.ts'
import { isObject, readyReports } from '../live/readiness.ts'
import { roundTripOf } from '../live/round-trip.ts'

/** Round trips of less than this vary by themselves. */
const QUICK_MS = 5

const config = z.strictObject({
  /** Field of the readiness answer that tells of the pool. */
  field: z.string().default('database'),
  /** How many times the baseline's round trip is still normal. */
  ratio: z.number().min(1).default(2),
  /** Connections that one instance may hold. */
  connections: z.number().int().positive().default(20),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.4.5',
  title: 'Database performance stable',
  config,
  bound: hasBaseline,
  limitMs: 60_000,
  run,
})

/** Round trips no slower than before, and no instance with more connections than it may hold. */
async function run(ctx: CheckContext, { field, ratio, connections }: Config): Promise<CheckResult> {
  const baseline = baselineOf(ctx)
  if (baseline.roundTripMs === null)
    throw new CheckProblem(
      `the baseline has no round trip: no instance told of ${field} on its readiness path`,
    )
  const instances = await allReleaseInstances(ctx, ctx.environment)
  const trip = await roundTripOf(ctx, instances, field)
  const reports = await readyReports(ctx, ctx.environment)
  const pools = reports.flatMap(({ instance, body }) => {
    const pool = body?.[field]
    return isObject(pool) && typeof pool.connections === 'number'
      ? [{ instance, connections: pool.connections }]
      : []
  })
  const source = reports.map(({ answer }) => answer.asked).join(', ')
  const page = reports.find(({ body }) => body === null)
  if (page)
    return fail(
      `${page.answer.asked} answers ${page.answer.mediaType || 'no media type'}, not a JSON object`,
      { claim: null, source },
    )
  if (trip === null || pools.length === 0)
    throw new CheckProblem(`no instance tells of ${field} on its readiness path`)
  const bound = Math.max(QUICK_MS, baseline.roundTripMs * ratio)
  const crowded = pools.find((pool) => pool.connections > connections)
  const rest = {
    claim: { slow: trip > bound, crowded: crowded?.instance.component ?? null },
    source,
    population: `${pools.length} pools`,
  }
  const said = `round trip ${trip} ms, before ${baseline.roundTripMs} ms, bound ${bound} ms`
  if (trip > bound) return fail(said, rest)
  if (crowded)
    return fail(
      `${crowded.instance.id} holds ${crowded.connections} connections, more than ${connections}`,
      rest,
    )
  return pass(
    `${said}; at most ${Math.max(...pools.map((pool) => pool.connections))} connections an instance`,
    rest,
  )
}
