import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { hasBaseline } from '../live/baseline.ts'
import { judged, type Measuring, measuringSchema } from '../live/measuring.ts'
import { latencyFinding, slaLimits } from '../live/traffic-verdicts.ts'

export const check = defineCheck<Measuring>({
  id: '3.3.4.3',
  title: 'Latency within SLA',
  config: measuringSchema,
  bound: hasBaseline,
  limitMs: 1_800_000,
  run: (ctx: CheckContext, { window }): Promise<CheckResult> =>
    judged(ctx, ctx.release.version, window, (traffic) => [
      latencyFinding(traffic, slaLimits(ctx.service.sla)),
    ]),
})
