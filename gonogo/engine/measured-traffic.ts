import { planLatency } from '#analysis/index.ts'
import type { HistogramBucket, InstanceSample, MetricSource } from '#core/sample.ts'
import type { Service } from '#core/service.ts'
import type { Clock } from './clock.ts'
import { EXIT, Refusal } from './exit-codes.ts'

/** What a simulation stands on. Shares are 0…1 of the requests. */
export type UsualTraffic = {
  readonly requestsPerSecond: number
  readonly errorRate: number
  /** Slower than the p95 limit. */
  readonly slowShare: number
  /** Slower than the bound at which latencies are compared. */
  readonly overShare: number
  readonly origin: string
}

/** Of the requests of a healthy service, this share is over the bound of the latency ratio: well below its 5 %. */
const USUAL_OVER_SHARE = 0.012
/** Without any failed request seen, the error rate is taken as one in so many more than were seen (rule of three). */
const RULE_OF_THREE = 3

/** The `traffic:` block of the service file. */
export function declaredTraffic({ traffic }: Service): UsualTraffic | null {
  if (!traffic) return null
  const { requestsPerSecond, errorRate, slowShare } = traffic
  return {
    requestsPerSecond,
    errorRate: errorRate / 100,
    slowShare: slowShare / 100,
    overShare: USUAL_OVER_SHARE,
    origin: 'traffic: in the service file',
  }
}

/** Reads the counters twice, `windowMs` apart, and takes the differences of the version's instances. */
export async function measureTraffic(
  source: MetricSource,
  version: string,
  windowMs: number,
  limits: { readonly p95Ms: number; readonly p95Ratio: number },
  clock: Clock,
): Promise<UsualTraffic> {
  const before = await source.sample()
  await clock.sleepUntil(clock.now() + windowMs, new AbortController().signal)
  const after = await source.sample()
  const seen = sumOf(before.instances, after.instances, version)
  if (seen.requests === 0)
    throw new Refusal(
      'no-traffic',
      `no request to ${version} was counted within ${windowMs / 1000} s; declare traffic: in the service file instead`,
      EXIT.environment,
    )
  const { ratioBoundMs } = planLatency(seen.buckets, limits)
  const shareOver = (boundMs: number | undefined) =>
    boundMs === undefined ? 0 : 1 - (seen.buckets.find((b) => b.leMs === boundMs)?.count ?? 0) / seen.requests
  return {
    requestsPerSecond: seen.requests / ((after.atMs - before.atMs) / 1000),
    errorRate: seen.errors > 0 ? seen.errors / seen.requests : RULE_OF_THREE / seen.requests,
    slowShare: shareOver(seen.buckets.find((b) => b.leMs >= limits.p95Ms)?.leMs),
    overShare: ratioBoundMs === null ? USUAL_OVER_SHARE : shareOver(ratioBoundMs),
    origin: `${seen.requests} requests to ${version} measured within ${windowMs / 1000} s${seen.errors > 0 ? '' : '; none failed, so the error rate is its upper bound'}`,
  }
}

type Sum = { requests: number; errors: number; buckets: HistogramBucket[] }

/** What the instances of a version counted between two readings; one that was restarted counts from zero. */
function sumOf(before: readonly InstanceSample[], after: readonly InstanceSample[], version: string): Sum {
  const sum: Sum = { requests: 0, errors: 0, buckets: [] }
  for (const now of after.filter((one) => one.version === version)) {
    const found = before.find((one) => one.version === version && one.instance === now.instance)
    const was = found && found.requests <= now.requests ? found : null
    sum.requests += now.requests - (was?.requests ?? 0)
    sum.errors += now.errors - (was?.errors ?? 0)
    sum.buckets = now.buckets.map(({ leMs, count }, i) => ({
      leMs,
      count: (sum.buckets[i]?.count ?? 0) + count - (was?.buckets[i]?.count ?? 0),
    }))
  }
  return sum
}
