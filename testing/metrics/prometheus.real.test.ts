import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  type AnalysisState,
  defaultAnalysisPolicy,
  judge,
  observe,
  startAnalysis,
} from '../../gonogo/analysis/index.ts'
import { appendixC, prometheusSource } from '../../gonogo/connectors/prometheus/index.ts'
import { metricsSettingsSchema, type PrometheusSettings } from '../../gonogo/core/metrics-settings.ts'
import type { MetricSource } from '../../gonogo/core/sample.ts'
import { describeMetricSource } from './contract.ts'
import { describeFaultyExporter } from './faulty-exporter.ts'
import { startPrometheus } from './prometheus-server.ts'
import { CANARY, type MetricsWorld, makeMetricsWorld, STABLE } from './world.ts'

describeMetricSource('a real Prometheus', async (world) => {
  const server = await startPrometheus(await world.instances())
  const target = await world.open({ source: 'prometheus', url: server.url })
  return {
    source: target.metrics,
    asksInstances: true,
    end: async () => {
      await target.close?.()
      await server.stop()
    },
  }
})

describeFaultyExporter('a real Prometheus', async (urls) => {
  const instances = Object.entries(urls).map(([version, url]) => ({ version, id: version, url }))
  const server = await startPrometheus(instances)
  const settings = metricsSettingsSchema.parse({
    source: 'prometheus',
    url: server.url,
  }) as PrometheusSettings
  const source = prometheusSource(settings, async () => ({ url: server.url, token: null }))
  return { source, lagMs: 2200, end: () => server.stop() }
})

test('a Prometheus that is gone, knows nothing of the service, or is none, is never read from', async () => {
  const world = await makeMetricsWorld(0)
  const server = await startPrometheus(await world.instances())
  try {
    const source = async (metrics: object) =>
      (await world.open({ source: 'prometheus', url: server.url, ...metrics })).metrics
    await wait(2500)
    await expect((await source({ labels: { job: 'other' } })).sample()).rejects.toThrow('has no series of')
    await expect((await source({ requests: 'nothing_total' })).sample()).rejects.toThrow('nothing_total')
    const { url } = await world.router.observe()
    await expect((await source({ url })).sample()).rejects.toThrow('is no Prometheus')
    const good = await source({})
    await world.ask(4)
    await good.sample()
    await server.stop()
    await expect(good.sample()).rejects.toThrow('cannot be asked')
  } finally {
    await server.stop()
    await world.end()
  }
}, 60_000)

test('an instance that Prometheus does not know of, or is asked of too late, makes no whole scrape', async () => {
  const world = await makeMetricsWorld(0)
  const instances = await world.instances()
  const server = await startPrometheus(instances.slice(1))
  try {
    const { metrics } = await world.open({ source: 'prometheus', url: server.url })
    await world.ask(8)
    const partial = await metrics.sample()
    expect(partial.complete).toBe(false)
    expect(partial.instances).toHaveLength(instances.length - 1)
    server.signal('SIGSTOP')
    await expect(metrics.sample(AbortSignal.timeout(500))).rejects.toThrow()
    server.signal('SIGCONT')
    await metrics.sample()
  } finally {
    await server.stop()
    await world.end()
  }
}, 60_000)

test('the queries of Appendix C give the numbers of a version, and none without traffic', async () => {
  const world = await makeMetricsWorld(0.1)
  const server = await startPrometheus(await world.instances())
  try {
    const settings = metricsSettingsSchema.parse({
      source: 'prometheus',
      url: server.url,
    }) as PrometheusSettings
    const numbers = (version: string) => appendixC(settings, { url: server.url, token: null }, version)
    await wait(2500)
    await expect(numbers(CANARY)).rejects.toThrow('gives no number')
    await paced(world, 6000)
    const canary = await numbers(CANARY)
    expect(canary.errorPercent).toBeGreaterThan(8)
    expect(canary.errorPercent).toBeLessThan(12)
    expect(canary.p95Ms).toBeGreaterThan(0)
    expect(canary.p95Ms).toBeLessThan(100)
    expect((await numbers(STABLE)).errorPercent).toBe(0)
  } finally {
    await server.stop()
    await world.end()
  }
}, 60_000)

describe('the same fault through each of the three sources', () => {
  test('is found through each, and an interval or two apart', async () => {
    const found = await detect(0.2)
    const lines = Object.entries(found).map(
      ([name, ms]) => `  ${name.padEnd(12)} ${ms === null ? 'never' : `${ms} ms`}`,
    )
    process.stdout.write(
      `weight of the canary to rollback, 20 % errors at 5 % weight:\n${lines.join('\n')}\n`,
    )
    for (const ms of Object.values(found)) expect(ms).toBeLessThan(30_000)
  }, 90_000)

  test('is not found where there is none', async () => {
    expect(await detect(0)).toEqual({ router: null, instances: null, prometheus: null })
  }, 90_000)
})

const WATCHED_MS = 30_000
const policy = { ...defaultAnalysisPolicy, warmUpMs: 2000, plannedDurationMs: 600_000 }

/** Judges the same traffic by all three at once; ms until each rolls back, null where one does not within 30 s. */
async function detect(errorRatio: number): Promise<Record<string, number | null>> {
  const world = await makeMetricsWorld(errorRatio, 0)
  const server = await startPrometheus(await world.instances())
  const opened = {
    router: world.router,
    instances: await world.open({ source: 'instances' }),
    prometheus: await world.open({ source: 'prometheus', url: server.url }),
  }
  try {
    await world.ask(20)
    await wait(3000)
    const started = Date.now()
    const load = paced(world, WATCHED_MS)
    await world.router.setWeights({ [STABLE]: 95, [CANARY]: 5 }, 'canary')
    const times = Object.entries(opened).map(
      async ([name, { metrics }]) => [name, await watch(metrics, started)] as const,
    )
    const found = Object.fromEntries(await Promise.all(times))
    await load
    return found
  } finally {
    await server.stop()
    await opened.instances.close?.()
    await opened.prometheus.close?.()
    await world.end()
  }
}

async function watch(source: MetricSource, startedAtMs: number): Promise<number | null> {
  let state: AnalysisState = startAnalysis(policy)
  for (let at = startedAtMs; at < startedAtMs + WATCHED_MS; at += policy.intervalMs) {
    await wait(Math.max(0, at - Date.now()))
    const atMs = Date.now()
    const scrape = await source.sample(AbortSignal.timeout(2000)).catch(() => null)
    const context = { canaryVersion: CANARY, baselineVersion: STABLE, configuredWeight: 0.05, step: 0, atMs }
    state = observe(policy, state, scrape, context)
    if (judge(policy, state).verdict === 'rollback') return Date.now() - startedAtMs
  }
  return null
}

/** A hundred requests a second, in tens. */
async function paced(world: MetricsWorld, forMs: number): Promise<void> {
  const until = Date.now() + forMs
  for (let at = Date.now(); at < until; at += 100) {
    await wait(Math.max(0, at - Date.now()))
    await world.ask(10)
  }
}
