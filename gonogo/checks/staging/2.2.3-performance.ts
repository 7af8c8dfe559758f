import { z } from 'zod'
import { durationSchema } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances, stagingOf } from '../live/instances.ts'
import { applyLoad, type Load } from '../live/load.ts'
import { probe } from '../live/probe.ts'

/** Of the declared rate, so much must have been reached. */
const REACHED = 0.95

const runSchema = z.strictObject({ rate: z.number().positive().max(5000), duration: durationSchema })

const config = z.strictObject({
  path: z.string().startsWith('/'),
  /** Whose load it is, as `access:` names them; several callers take turns, as users do under a limit for each. */
  token: z.union([z.string(), z.array(z.string()).min(1)]).default('userToken'),
  /** The load that users will bring: requests a second. */
  load: runSchema,
  /** More than that, to see where it ends. */
  stress: runSchema,
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '2.2.3',
  title: 'Performance testing completed',
  config,
  recheck: false,
  // Under its load the attacks of 1.2.5 would find an agent that is late, and so prove nothing.
  after: ['1.2.5'],
  limitMs: 1_800_000,
  run,
})

const claimSchema = z.object({ p95Ms: z.number() })

/** A load run and a stress run on the release in staging, against the SLA and the last release's run. */
async function run(ctx: CheckContext, { path, token: key, load, stress }: Config): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  const [instance] = await releaseInstances(ctx, staging)
  if (stress.rate <= load.rate)
    throw new CheckProblem(`stress: ${stress.rate} requests a second is no more than load: ${load.rate}`)
  const tokens = await Promise.all([key].flat().map((one) => staging.access(one)))
  await probe(ctx.signal, instance.url, path, tokens[0] ? { token: tokens[0] } : {})
  const loaded = await applyLoad(ctx, instance.url, path, tokens, {
    rate: load.rate,
    durationMs: load.duration,
  })
  const stressed = await applyLoad(ctx, instance.url, path, tokens, {
    rate: stress.rate,
    durationMs: stress.duration,
  })
  const before = claimSchema.safeParse(ctx.previousResultOf('2.2.3')?.claim)
  const rest = {
    claim: { rate: load.rate, p95Ms: Math.round(loaded.p95Ms), stressRate: stress.rate },
    source: `GET ${path} at ${instance.url}`,
    population: `${loaded.sent} requests of load, ${stressed.sent} of stress`,
    evidence: [
      await ctx.keep('load.json', 'application/json', JSON.stringify({ loaded, stressed }, null, 2)),
    ],
  }
  const problem =
    loadProblem(ctx, loaded, before.success ? before.data.p95Ms : null) ?? stressProblem(stressed)
  if (problem !== null) return fail(problem, rest)
  for (const [name, ran, wanted] of [
    ['load', loaded, load.rate],
    ['stress', stressed, stress.rate],
  ] as const)
    if (ran.perSecond < wanted * REACHED)
      throw new CheckProblem(
        `the ${name} run reached ${ran.perSecond.toFixed(0)} requests a second, below the declared ${wanted}`,
      )
  return pass(`${words(loaded)} at ${load.rate} requests/s; ${words(stressed)} at ${stress.rate}`, rest)
}

function loadProblem({ service: { sla } }: CheckContext, load: Load, beforeMs: number | null): string | null {
  const share = (load.failed + load.missed) / Math.max(1, load.sent + load.missed)
  if (share * 100 > sla.errorRate)
    return `${load.failed} of ${load.sent} requests failed under load: ${load.firstFailure}`
  if (load.p50Ms > sla.p50Ms || load.p95Ms > sla.p95Ms || load.p99Ms > sla.p99Ms)
    return `${words(load)} under load, more than the SLA (${sla.p50Ms}, ${sla.p95Ms}, ${sla.p99Ms} ms)`
  // Differences of a few milliseconds are the machine's.
  const slower = beforeMs !== null && load.p95Ms > Math.max(beforeMs * 2, beforeMs + 20)
  return slower ? `p95 ${ms(load.p95Ms)} under load, ${ms(beforeMs)} for the last release` : null
}

/** Under stress answers may be late; they may not be wrong. */
function stressProblem(stress: Load): string | null {
  const bad = stress.failed + stress.missed
  return bad > stress.sent * 0.05
    ? `${bad} of ${stress.sent + stress.missed} requests failed under stress: ${stress.firstFailure}`
    : null
}

const ms = (value: number): string => `${Math.round(value)} ms`
const words = ({ p50Ms, p95Ms, p99Ms }: Load): string =>
  `p50 ${ms(p50Ms)}, p95 ${ms(p95Ms)}, p99 ${ms(p99Ms)}`
