import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { baselineOf, hasBaseline } from '../live/baseline.ts'
import { judged, type Measuring, measuringSchema } from '../live/measuring.ts'
import { errorFinding, latencyFinding } from '../live/traffic-verdicts.ts'

export const check = defineCheck<Measuring>({
  id: '4.1.4',
  title: 'Performance comparison',
  config: measuringSchema,
  bound: hasBaseline,
  limitMs: 1_800_000,
  run,
})

/** The same counters as 2.4.1 read, now: neither errors nor percentiles grew beyond `ratio` times what they were. */
async function run(ctx: CheckContext, { window, ratio }: Measuring): Promise<CheckResult> {
  const baseline = baselineOf(ctx)
  const { sla } = ctx.service
  // Below its SLA a percentile may move as it likes; above, it is held to what it was.
  const limit = (name: 'p50' | 'p95' | 'p99', slaMs: number) =>
    Math.max(slaMs, (baseline[name][1] ?? slaMs) * ratio)
  const limits = { p50: limit('p50', sla.p50Ms), p95: limit('p95', sla.p95Ms), p99: limit('p99', sla.p99Ms) }
  return judged(ctx, ctx.release.version, window, (traffic) => [
    errorFinding(traffic, baseline, sla, ratio),
    latencyFinding(traffic, limits),
  ])
}
