import { setTimeout as wait } from 'node:timers/promises'
import type { HistogramBucket, InstanceSample, Scrape } from '#core/sample.ts'
import { type CheckContext, CheckProblem, type EnvironmentAccess } from '../check.ts'

/** A percentile as the histogram has it: above the first, at most the second (ms); null where there is no upper bound. */
export type Bounds = readonly [number, number | null]

export type Traffic = {
  readonly requests: number
  readonly errors: number
  readonly windowMs: number
  readonly p50: Bounds
  readonly p95: Bounds
  readonly p99: Bounds
}

/** Fewer requests than this say nothing of a share of one in a hundred. */
export const LEAST_REQUESTS = 100

/** What one version answered from now on for a while, by the counters that the analysis reads. Throws a CheckProblem for too few. */
export async function measureTraffic(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  version: string,
  windowMs: number,
): Promise<Traffic> {
  const before = await sampleOf(ctx, environment)
  await wait(windowMs, undefined, { signal: ctx.signal })
  const after = await sampleOf(ctx, environment)
  const traffic = trafficBetween(before, after, version)
  if (!traffic || traffic.requests < LEAST_REQUESTS)
    throw new CheckProblem(
      `${version} answered ${traffic?.requests ?? 0} requests within ${windowMs / 1000} s, fewer than ${LEAST_REQUESTS}; set a longer window:`,
    )
  return traffic
}

async function sampleOf(ctx: CheckContext, environment: EnvironmentAccess): Promise<Scrape> {
  const scrape = await environment.target.metrics.sample(ctx.signal).catch((error: Error) => {
    throw new CheckProblem(`the counters of ${environment.name} cannot be read: ${error.message}`)
  })
  if (!scrape.complete)
    throw new CheckProblem(`some instances of ${environment.name} did not give their counters`)
  return scrape
}

/** The difference of two readings for one version; null where it has no instance, or a counter is no number. */
export function trafficBetween(before: Scrape, after: Scrape, version: string): Traffic | null {
  const old = new Map(before.instances.map((one) => [one.instance, one]))
  const own = after.instances
    .filter((one) => one.version === version)
    .map((one) => since(old.get(one.instance), one))
  if (own.length === 0) return null
  const requests = own.reduce((sum, one) => sum + one.requests, 0)
  const errors = own.reduce((sum, one) => sum + one.errors, 0)
  if (!(requests >= 0) || !(errors >= 0)) return null
  const buckets = summed(own.map((one) => one.buckets))
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => boundsOf(buckets, q)) as [Bounds, Bounds, Bounds]
  return { requests, errors, windowMs: after.atMs - before.atMs, p50, p95, p99 }
}

/** A counter that fell was set back: what it shows now has come since. */
function since(before: InstanceSample | undefined, now: InstanceSample): InstanceSample {
  if (!before || now.requests < before.requests) return now
  return {
    ...now,
    requests: now.requests - before.requests,
    errors: now.errors - before.errors,
    buckets: now.buckets.map(({ leMs, count }, i) => ({
      leMs,
      count: count - (before.buckets[i]?.count ?? 0),
    })),
  }
}

const summed = (histograms: readonly (readonly HistogramBucket[])[]): HistogramBucket[] =>
  (histograms[0] ?? []).map(({ leMs }, i) => ({
    leMs,
    count: histograms.reduce((sum, histogram) => sum + (histogram[i]?.count ?? 0), 0),
  }))

function boundsOf(buckets: readonly HistogramBucket[], q: number): Bounds {
  const total = buckets.at(-1)?.count ?? 0
  const at = buckets.findIndex(({ count }) => count >= total * q)
  const upper = buckets[at]?.leMs ?? Number.POSITIVE_INFINITY
  return [buckets[at - 1]?.leMs ?? 0, Number.isFinite(upper) ? upper : null]
}

export const errorShare = ({ requests, errors }: { requests: number; errors: number }): number =>
  errors / requests

export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
export const inWords = ([above, most]: Bounds): string => (most === null ? `> ${above} ms` : `≤ ${most} ms`)
