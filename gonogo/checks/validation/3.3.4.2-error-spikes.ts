import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { baselineOf, hasBaseline } from '../live/baseline.ts'
import { judged, type Measuring, measuringSchema } from '../live/measuring.ts'
import { errorFinding } from '../live/traffic-verdicts.ts'

export const check = defineCheck<Measuring>({
  id: '3.3.4.2',
  title: 'No error spikes',
  config: measuringSchema,
  bound: hasBaseline,
  limitMs: 1_800_000,
  run: (ctx: CheckContext, { window, ratio }): Promise<CheckResult> => {
    const baseline = baselineOf(ctx)
    return judged(ctx, ctx.release.version, window, (traffic) => [
      errorFinding(traffic, baseline, ctx.service.sla, ratio),
    ])
  },
})
