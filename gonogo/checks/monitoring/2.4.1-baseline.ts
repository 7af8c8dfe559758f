import { z } from 'zod'
import { durationSchema, formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, pass } from '../check.ts'
import { type Baseline, baselineSchema, cpuShare, usageOf } from '../live/baseline.ts'
import { roundTripOf } from '../live/round-trip.ts'
import { errorShare, inWords, measureTraffic, percent } from '../live/traffic.ts'

const config = z.strictObject({
  /** How long the stable version is measured. */
  window: durationSchema.default(60_000),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '2.4.1',
  title: 'Baseline metrics captured',
  config,
  recheck: false,
  limitMs: 1_800_000,
  run,
})

/** What the stable version does under today's traffic, measured once and kept for comparison. */
async function run(ctx: CheckContext, { window }: Config): Promise<CheckResult> {
  const { environment, stable } = ctx
  const instances = await environment.stables()
  if (!stable || instances.length === 0)
    throw new CheckProblem('no stable version runs that could be measured')
  const before = await usageOf(ctx, instances)
  const traffic = await measureTraffic(ctx, environment, stable.version, window)
  const after = await usageOf(ctx, instances)
  const baseline: Baseline = {
    version: stable.version,
    requests: traffic.requests,
    errors: traffic.errors,
    windowMs: traffic.windowMs,
    p50: [...traffic.p50],
    p95: [...traffic.p95],
    p99: [...traffic.p99],
    memoryBytes: mostBy(
      after,
      ({ instance }) => instance.component,
      ({ memoryBytes }) => memoryBytes,
    ),
    cpu: mostBy(
      after.map((used, i) => ({ used, share: cpuShare(before[i] ?? used, used) })),
      ({ used }) => used.instance.component,
      ({ share }) => share,
    ),
    roundTripMs: await roundTripOf(ctx, instances),
  }
  if (!baselineSchema.safeParse(baseline).success)
    throw new CheckProblem('a value of the baseline is no number')
  const errors = percent(errorShare(traffic))
  const said = `${traffic.requests} requests in ${formatDuration(traffic.windowMs)}: ${errors} errors, p50 ${inWords(traffic.p50)}, p95 ${inWords(traffic.p95)}, p99 ${inWords(traffic.p99)}`
  return pass(said, {
    claim: baseline,
    source: `the counters of ${environment.name}`,
    population: `${traffic.requests} requests to ${stable.version}`,
    evidence: [await ctx.keep('baseline.json', 'application/json', JSON.stringify(baseline, null, 2))],
    blanks: {
      'baseline-recorded': `error rate ${errors}, p95 ${inWords(traffic.p95)}, of ${traffic.requests} requests`,
    },
  })
}

function mostBy<T>(
  rows: readonly T[],
  key: (row: T) => string,
  value: (row: T) => number,
): Record<string, number> {
  const most: Record<string, number> = {}
  for (const row of rows) most[key(row)] = Math.max(most[key(row)] ?? 0, value(row))
  return most
}
