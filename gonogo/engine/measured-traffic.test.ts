import { expect, test } from 'vitest'
import type { InstanceSample, MetricSource } from '#core/sample.ts'
import type { Clock } from './clock.ts'
import { measureTraffic } from './measured-traffic.ts'

const LADDER = [100, 150, 225, 330, 500, 2000, Number.POSITIVE_INFINITY]
const limits = { p95Ms: 2000, p95Ratio: 3 }

/** So many requests, so many failed, so many slower than 2000 ms; all others between 100 and 150 ms. */
const instance = (requests: number, errors = 0, slow = 0, version = '1.0.0'): InstanceSample => ({
  version,
  instance: `web-${version}`,
  requests,
  errors,
  buckets: LADDER.map((leMs) => ({
    leMs,
    count: leMs < 150 ? 0 : leMs <= 2000 ? requests - slow : requests,
  })),
})

/** Reads the given scrapes one after another, ten seconds apart. */
function reading(...scrapes: InstanceSample[][]): { source: MetricSource; clock: Clock } {
  let now = 0
  const source = {
    sample: async () => ({ atMs: now, complete: true, instances: scrapes.shift() ?? [] }),
  }
  return {
    source,
    clock: {
      now: () => now,
      sleepUntil: async (at) => {
        now = at
      },
    },
  }
}

test('rates are the differences of the counters of one version', async () => {
  const { source, clock } = reading(
    [instance(1000, 50), instance(5, 5, 5, '1.1.0')],
    [instance(3000, 52, 4), instance(9, 9, 9, '1.1.0')],
  )
  expect(await measureTraffic(source, '1.0.0', 10_000, limits, clock)).toMatchObject({
    requestsPerSecond: 200,
    errorRate: 0.001,
    slowShare: expect.closeTo(0.002),
    overShare: expect.closeTo(0.002),
  })
})

test('without a failure the error rate is its upper bound, and a restarted instance counts from zero', async () => {
  const { source, clock } = reading([instance(9000)], [instance(3000)])
  expect(await measureTraffic(source, '1.0.0', 10_000, limits, clock)).toMatchObject({
    requestsPerSecond: 300,
    errorRate: 0.001,
    origin: expect.stringContaining('upper bound'),
  })
})

test('no traffic is refused with what to do instead', async () => {
  const { source, clock } = reading([instance(10)], [instance(10)])
  await expect(measureTraffic(source, '1.0.0', 10_000, limits, clock)).rejects.toThrow(
    'no request to 1.0.0 was counted within 10 s; declare traffic: in the service file instead',
  )
})
