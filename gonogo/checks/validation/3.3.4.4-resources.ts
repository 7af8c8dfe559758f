import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { formatBytes, quantitySchema } from '#connectors/machine/quantity.ts'
import { durationSchema } from '#core/duration.ts'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { baselineOf, cpuShare, type Used, usageOf, usageSource } from '../live/baseline.ts'
import { allReleaseInstances } from '../live/instances.ts'

const config = z.strictObject({
  /** What one instance may use at most. */
  limits: z.strictObject({ memory: quantitySchema, cpu: quantitySchema }),
  /** How many times the baseline's use is still normal. */
  ratio: z.number().min(1).default(2),
  window: durationSchema.default(60_000),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.4.4',
  title: 'Memory/CPU usage normal',
  config,
  limitMs: 1_800_000,
  run,
})

/** Each new instance within its limits, and within `ratio` times what the old version's used in the baseline. */
async function run(ctx: CheckContext, { limits, ratio, window }: Config): Promise<CheckResult> {
  const baseline = baselineOf(ctx)
  const instances = await allReleaseInstances(ctx, ctx.environment)
  const before = await usageOf(ctx, instances)
  await wait(window, undefined, { signal: ctx.signal })
  const after = await usageOf(ctx, instances)
  const rows = after.map((used, i) => ({ used, cpu: cpuShare(before[i] ?? used, used) }))
  const problems = rows.flatMap(({ used, cpu }) => {
    const { component } = used.instance
    const [memory, share] = [baseline.memoryBytes[component], baseline.cpu[component]]
    return [
      over(used, 'memory', used.memoryBytes, limits.memory.value, 'its limit', formatBytes),
      over(used, 'cpu', cpu, limits.cpu.value, 'its limit', cores),
      memory === undefined
        ? null
        : over(used, 'memory', used.memoryBytes, memory * ratio, `${ratio} × the baseline`, formatBytes),
      share === undefined
        ? null
        : over(used, 'cpu', cpu, Math.max(share * ratio, NOTHING), `${ratio} × the baseline`, cores),
    ].flatMap((problem) => problem ?? [])
  })
  const rest = {
    claim: {
      components: [...new Set(instances.map(({ component }) => component))].sort(),
      problems: problems.length,
    },
    source: usageSource(ctx),
    population: `${instances.length} of ${instances.length} instances`,
  }
  const [problem] = problems
  if (problem) return fail(problem, rest)
  const most = Math.max(...rows.map(({ used }) => used.memoryBytes))
  const busiest = Math.max(...rows.map(({ cpu }) => cpu))
  return pass(
    `at most ${formatBytes(most)} and ${cores(busiest)} an instance, limits ${limits.memory.text} and ${limits.cpu.text}`,
    rest,
  )
}

/** A tenth of a core is nothing to compare with: twice almost none is still almost none. */
const NOTHING = 0.1
const cores = (share: number): string => `${share.toFixed(2)} cores`

function over(
  { instance }: Used,
  what: string,
  value: number,
  limit: number,
  whose: string,
  words: (value: number) => string,
): string | null {
  return value > limit
    ? `${instance.id}: ${what} ${words(value)}, more than ${whose} (${words(limit)})`
    : null
}
