import { z } from 'zod'
import { formatDuration } from '#core/duration.ts'
import type { Scrape } from '#core/sample.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { percent, trafficBetween } from '../live/traffic.ts'
import { upperSlope } from './slope.ts'

const MOST_BINS = 24
const LEAST_BINS = 5
/** In a part of fewer a busy machine could miss all, and what it missed once is missing for good. */
const LEAST_INTERVALS = 5
/** Of the bins, so many must have something to say; what is missing is not zero. */
const LEAST_SHARE = 0.75
const LEAST_REQUESTS = 20

const config = z.strictObject({
  /** How much the error rate may rise over the whole watch, in percent; by default the SLA's error rate. */
  rise: z.number().positive().optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '4.2.1',
  title: 'Error rate trending',
  config,
  bound: () => true,
  limitMs: 60_000,
  run: async (ctx, config) => judge(ctx, config),
})

/** The upper bound (95 %) of the error rate's rise over the watch is below the limit. Unknown until the watch has ended. */
function judge(ctx: CheckContext, { rise }: Config): CheckResult {
  const { watchStartedAtMs: start, watchEndsAtMs: end } = ctx.timeline
  if (start === null || end === null) throw new CheckProblem('the watch has not begun')
  if (ctx.now() < end) throw new CheckProblem(`the watch lasts another ${formatDuration(end - ctx.now())}`)
  const bins = binsOf(end - start, ctx.service.policy.rollback.interval)
  const points = sharesOf(ctx, start, end, bins)
  if (points.length < bins * LEAST_SHARE)
    throw new CheckProblem(
      `${points.length} of ${bins} parts of the watch have at least ${LEAST_REQUESTS} counted requests; the others are not zero but unknown`,
    )
  const slope = upperSlope(points) * (end - start)
  const limit = (rise ?? ctx.service.sla.errorRate) / 100
  const said = `the error rate rose by at most ${percent(Math.max(0, slope))} over ${formatDuration(end - start)}, limit ${percent(limit)}`
  const rest = {
    claim: { within: slope <= limit, limit },
    source: 'the scrapes of the watch',
    population: `${points.length} of ${bins} parts of the watch`,
  }
  return slope <= limit ? pass(said, rest) : fail(said, rest)
}

/** Parts of the watch: an hour of a day each, and never so short that scrapes could miss one. */
function binsOf(watchMs: number, intervalMs: number): number {
  const bins = Math.min(MOST_BINS, Math.floor(watchMs / (LEAST_INTERVALS * intervalMs)))
  if (bins < LEAST_BINS)
    throw new CheckProblem(`a watch of ${formatDuration(watchMs)} is too short for a trend`)
  return bins
}

/** The error rate of each part of the watch, at its middle. */
function sharesOf(ctx: CheckContext, start: number, end: number, count: number): { x: number; y: number }[] {
  const width = (end - start) / count
  const bins = Array.from({ length: count }, () => ({ requests: 0, errors: 0 }))
  let before: Scrape | null = null
  for (const scrape of ctx.scrapesSince(start)) {
    if (!scrape?.complete || scrape.atMs > end + width) continue
    const traffic = before && trafficBetween(before, scrape, ctx.release.version)
    before = scrape
    const bin = bins[Math.min(count - 1, Math.floor((scrape.atMs - start) / width))]
    if (!traffic || !bin) continue
    bin.requests += traffic.requests
    bin.errors += traffic.errors
  }
  return bins.flatMap(({ requests, errors }, i) =>
    requests >= LEAST_REQUESTS ? [{ x: (i + 0.5) * width, y: errors / requests }] : [],
  )
}
