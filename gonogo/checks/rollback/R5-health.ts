import { type CheckContext, CheckProblem, type CheckResult, defineCheck } from '../check.ts'
import { baselineOf, hasBaseline } from '../live/baseline.ts'
import { judged, type Measuring, measuringSchema } from '../live/measuring.ts'
import { errorFinding, latencyFinding, slaLimits } from '../live/traffic-verdicts.ts'

export const check = defineCheck<Measuring>({
  id: 'R5',
  title: 'Validate system health',
  config: measuringSchema,
  bound: hasBaseline,
  limitMs: 1_800_000,
  run,
})

/** The restored version is as it was before the deployment: its errors within the baseline's bound, its latency within the SLA. */
async function run(ctx: CheckContext, { window, ratio }: Measuring): Promise<CheckResult> {
  if (!ctx.stable) throw new CheckProblem('there is no version before this one to measure')
  const baseline = baselineOf(ctx)
  const { sla } = ctx.service
  const result = await judged(ctx, ctx.stable.version, window, (traffic) => [
    errorFinding(traffic, baseline, sla, ratio),
    latencyFinding(traffic, slaLimits(sla)),
  ])
  const restored = { pass: 'Yes', fail: 'No', unknown: 'Partial' }[result.verdict]
  return { ...result, blanks: { 'system-restored': restored } }
}
