import { z } from 'zod'
import { formatBytes } from '#connectors/machine/quantity.ts'
import { formatDuration } from '#core/duration.ts'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  fail,
  pass,
  unknown,
} from '../check.ts'
import { cpuShare, type Used, usageOf, usageSource } from '../live/baseline.ts'
import { allReleaseInstances } from '../live/instances.ts'
import { upperSlope } from './slope.ts'

const MOST_READINGS = 48
const LEAST_READINGS = 6
/** A process fills its caches first; a slope is taken from the second third of the watch on. */
const SETTLED = 1 / 3

const config = z.strictObject({
  /** How much of what it used an instance's memory may grow by over the watch. */
  growth: z.number().positive().default(0.25),
  /** Share of one core that an instance may use on average. */
  cpu: z.number().positive().default(0.8),
})

type Config = z.infer<typeof config>

const readingSchema = z.object({
  atMs: z.number(),
  instances: z.array(
    z.object({
      id: z.string(),
      startedAtMs: z.number(),
      restarts: z.number(),
      memoryBytes: z.number(),
      cpuMs: z.number(),
    }),
  ),
})
type Reading = z.infer<typeof readingSchema>

export const check = defineCheck<Config>({
  id: '4.2.2',
  title: 'Resource utilization',
  config,
  bound: () => true,
  limitMs: 30_000,
  run,
})

/**
 * Memory slope and processor use of each new instance over the watch. Until the watch has ended the item is unknown, and
 * its claim carries the readings so far from one run to the next. A process that was started again is counted, and begins
 * a fit of its own: a restart hides a leak.
 */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { watchStartedAtMs: start, watchEndsAtMs: end } = ctx.timeline
  if (start === null || end === null) throw new CheckProblem('the watch has not begun')
  const used = await usageOf(ctx, await allReleaseInstances(ctx, ctx.environment))
  const readings = [...readingsSoFar(ctx, start), readingOf(ctx, used)]
  const rest = {
    source: usageSource(ctx),
    population: `${readings.length} readings of ${used.length} instances`,
  }
  if (ctx.now() < end) {
    const said = `the watch lasts another ${formatDuration(end - ctx.now())}; ${readings.length} readings so far`
    return unknown(said, { ...rest, claim: { readings: thinned(readings, end - start) } })
  }
  const settled = readings.filter(({ atMs }) => atMs >= start + (end - start) * SETTLED)
  // A busy machine may read too seldom within the watch; the processes are there, and what is missing is read after it.
  if (settled.length < LEAST_READINGS)
    return unknown(
      `${settled.length} readings since the first third of the watch; a slope needs ${LEAST_READINGS}: reading on`,
      { ...rest, claim: { readings } },
    )
  const problems = used.flatMap((one) => problemsOf(one, settled, end - start, config))
  const claim = { instances: used.length, problems: problems.length }
  const [problem] = problems
  if (problem) return fail(problem, { ...rest, claim })
  const most = Math.max(...used.map(({ memoryBytes }) => memoryBytes))
  return pass(`no leak in ${settled.length} readings: at most ${formatBytes(most)} an instance, no restart`, {
    ...rest,
    claim,
  })
}

function readingsSoFar(ctx: CheckContext, start: number): Reading[] {
  const claim = z.object({ readings: z.array(readingSchema) }).safeParse(ctx.resultOf('4.2.2')?.claim)
  return claim.success ? claim.data.readings.filter(({ atMs }) => atMs >= start) : []
}

const readingOf = (ctx: CheckContext, used: readonly Used[]): Reading => ({
  atMs: ctx.now(),
  instances: used.map(({ instance: { id, startedAtMs, restarts }, memoryBytes, cpuMs }) => ({
    id,
    startedAtMs,
    restarts,
    memoryBytes,
    cpuMs,
  })),
})

/** At most so many, spread over the watch: a reading too near to the one before it replaces it. */
function thinned(readings: readonly Reading[], watchMs: number): Reading[] {
  const kept: Reading[] = []
  for (const reading of readings) {
    const before = kept.at(-2)
    if (before && reading.atMs - before.atMs < watchMs / MOST_READINGS) kept.pop()
    kept.push(reading)
  }
  return kept
}

function problemsOf(
  used: Used,
  readings: readonly Reading[],
  watchMs: number,
  { growth, cpu }: Config,
): string[] {
  const { id, restarts, startedAtMs } = used.instance
  const own = readings.flatMap(({ atMs, instances }) =>
    instances
      .filter((one) => one.id === id && one.startedAtMs === startedAtMs)
      .map((one) => ({ ...one, atMs })),
  )
  if (restarts > 0) return [`${id} was restarted ${restarts} times, which would hide a leak`]
  if (own.length < LEAST_READINGS)
    return [`${id} has ${own.length} readings since it was started; it is not the process of before`]
  const grown = upperSlope(own.map(({ atMs, memoryBytes }) => ({ x: atMs, y: memoryBytes }))) * watchMs
  const [first] = own
  const allowed = (first?.memoryBytes ?? 0) * growth
  const share = first ? cpuShare({ ...used, cpuMs: first.cpuMs, atMs: first.atMs }, used) : 0
  return [
    ...(grown > allowed
      ? [`${id}: memory may grow by ${formatBytes(grown)} in a watch, more than ${formatBytes(allowed)}`]
      : []),
    ...(share > cpu ? [`${id}: ${share.toFixed(2)} cores on average, more than ${cpu}`] : []),
  ]
}
