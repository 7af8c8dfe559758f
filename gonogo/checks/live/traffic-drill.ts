import type { InstanceSample, Scrape } from '#core/sample.ts'
import type { Instance, Target } from '#targets/target.ts'
import type { CheckContext, RecordedResult } from '../check.ts'
import {
  drillEnvironment,
  drillInstance,
  drillRelease,
  drillStable,
  observedInstances,
} from '../drill-situation.ts'
import type { Baseline } from './baseline.ts'

export const BOUNDS_MS = [100, 200, 500, 2000, Number.POSITIVE_INFINITY]

/** Counters of one instance after `requests` requests: so many failed, so many slower than 500 ms. */
export const counters = (version: string, requests: number, errors = 0, slow = 0): InstanceSample => ({
  version,
  instance: `web-${version}`,
  requests,
  errors,
  buckets: BOUNDS_MS.map((leMs) => ({ leMs, count: leMs <= 500 ? requests - slow : requests })),
})

/** A counter that grows by the given traffic from each reading to the next: what a metric source tells. */
export function growing(...arms: readonly InstanceSample[]): () => Promise<Scrape> {
  let readings = 0
  return async () => {
    readings++
    const instances = arms.map((arm) => ({
      ...arm,
      requests: arm.requests * readings,
      errors: arm.errors * readings,
      buckets: arm.buckets.map(({ leMs, count }) => ({ leMs, count: count * readings })),
    }))
    return { atMs: readings * 1000, complete: true, instances }
  }
}

export const stable = drillStable().version
export const canary = drillRelease().version

/** A situation in which the counters grow so, and these instances run; processes are this one. */
export function measured(
  sample: () => Promise<Scrape>,
  instances: readonly Instance[] = [running(stable), running(canary)],
): Partial<CheckContext> {
  const state = observedInstances(instances, { weights: { [canary]: 100 } })
  const target = { observe: async () => state, metrics: { sample } } as unknown as Target
  const of = (version: string) => async () => instances.filter((one) => one.version === version)
  const environment = drillEnvironment({ target, candidates: of(canary), stables: of(stable) })
  return { environment, release: drillRelease(), stable: drillStable(), resultOf: withBaseline() }
}

export const running = (version: string, overrides: Partial<Instance> = {}): Instance =>
  drillInstance({ id: `web-${version}`, version, pid: process.pid, readyPath: null, ...overrides })

export const BASELINE: Baseline = {
  version: stable,
  requests: 1000,
  errors: 10,
  windowMs: 60_000,
  p50: [0, 100],
  p95: [0, 100],
  p99: [0, 100],
  get memoryBytes() {
    return { gateway: process.memoryUsage.rss() }
  },
  cpu: { gateway: 1 },
  roundTripMs: 1,
}

export const withBaseline =
  (baseline: Partial<Baseline> | null = {}): ((item: string) => RecordedResult | null) =>
  (item) =>
    item === '2.4.1' && baseline
      ? { verdict: 'pass', claim: { ...BASELINE, ...baseline }, summary: '', evidence: [], atMs: 0 }
      : null
