import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InstanceSample, MetricSource, Scrape } from '../../gonogo/core/sample.ts'
import { CANARY, type MetricsWorld, makeMetricsWorld, STABLE, type Tally } from './world.ts'

export type SourceUnderTest = {
  readonly source: MetricSource
  /** True where an instance is asked itself: it can be restarted, and fail to answer. */
  readonly asksInstances: boolean
  end?(): Promise<void>
}

const PATIENCE_MS = 15_000

/** What every source of counters must hold, on real instances under real requests. */
export function describeMetricSource(
  name: string,
  make: (world: MetricsWorld) => Promise<SourceUnderTest>,
): void {
  describe(name, () => {
    let world: MetricsWorld
    let made: SourceUnderTest
    const total: Record<string, Tally> = {}
    beforeAll(async () => {
      world = await makeMetricsWorld(0.2)
      made = await make(world)
    }, 60_000)
    afterAll(async () => {
      await made?.end?.()
      await world?.end()
    })
    const ask = async (times: number, path?: string) => {
      for (const [who, { requests, errors }] of Object.entries(await world.ask(times, path))) {
        const before = total[who] ?? { requests: 0, errors: 0 }
        total[who] = { requests: before.requests + requests, errors: before.errors + errors }
      }
    }
    const reading = (what: string, isSo: (scrape: Scrape) => boolean) => readingUntil(made.source, what, isSo)
    const counted = (scrape: Scrape) =>
      Object.fromEntries(
        scrape.instances
          .filter((one) => one.requests > 0)
          .map((one) => [`${one.version}/${one.instance}`, { requests: one.requests, errors: one.errors }]),
      )

    test('counts each instance’s requests and failures exactly; what is not found is no failure', async () => {
      await ask(120)
      await ask(8, '/missing')
      expect(total[Object.keys(total).find((who) => who.startsWith(CANARY)) ?? '']?.errors).toBeGreaterThan(0)
      const scrape = await reading('all requests counted', (s) => sum(s) === 128)
      expect(scrape.complete).toBe(true)
      expect(counted(scrape)).toEqual(total)
    })

    test('has the histogram of the same requests: cumulative, to infinity, and as many', async () => {
      const { instances } = await reading('a scrape', () => true)
      expect(instances.map((one) => one.version).sort()).toEqual([STABLE, STABLE, CANARY, CANARY])
      for (const { buckets, requests } of instances) {
        expect(buckets.at(-1)).toEqual({ leMs: Number.POSITIVE_INFINITY, count: requests })
        expect(buckets.every((b, i) => b.count >= (buckets[i - 1]?.count ?? 0))).toBe(true)
        expect(buckets.every((b, i) => b.leMs > (buckets[i - 1]?.leMs ?? 0))).toBe(true)
      }
    })

    test('tells raw counters that only grow, each reading later than the one before', async () => {
      const before = await reading('a scrape', () => true)
      await ask(20)
      const after = await reading('the new requests', (s) => sum(s) === sum(before) + 20)
      expect(after.atMs).toBeGreaterThan(before.atMs)
      expect(counted(after)).toEqual(total)
    })

    test('ends when it is told to', async () => {
      await expect(made.source.sample(AbortSignal.abort())).rejects.toThrow()
    })

    test('an instance that hangs is missing, and what is told is never taken for complete', async () => {
      if (!made.asksInstances) return
      const [hanging] = (await world.instances()).filter((one) => one.version === CANARY)
      const pid = hanging?.pid as number
      process.kill(pid, 'SIGSTOP')
      try {
        const scrape = await reading('a scrape without it', (s) => !s.complete || !has(s, hanging?.id))
        if (scrape.complete) expect(has(scrape, hanging?.id)).toBe(false)
      } finally {
        process.kill(pid, 'SIGCONT')
      }
      await reading('all back', (s) => s.complete && s.instances.length === 4)
    })

    test('an instance that was restarted tells its new, lower counters', async () => {
      if (!made.asksInstances) return
      const [killed] = (await world.instances()).filter((one) => one.version === CANARY)
      const before = await reading('a scrape', (s) => s.complete)
      process.kill(killed?.pid as number, 'SIGKILL')
      await until('it was restarted', async () =>
        (await world.instances()).some((one) => one.id === killed?.id && one.restarts > 0 && one.ready),
      )
      const was = before.instances.find((one) => one.instance === killed?.id)?.requests ?? 0
      await world.ask(8)
      const isLower = (one: InstanceSample) =>
        one.instance === killed?.id && one.requests > 0 && one.requests < was
      await reading('lower counters', (s) => s.complete && s.instances.some(isLower))
    })
  })
}

const sum = ({ instances }: Scrape): number => instances.reduce((all, one) => all + one.requests, 0)
const has = (scrape: Scrape, id: string | undefined): boolean =>
  scrape.instances.some((one) => one.instance === id)

/** Reads until it is so; a source may lag behind by its own interval. */
async function readingUntil(
  source: MetricSource,
  what: string,
  isSo: (scrape: Scrape) => boolean,
): Promise<Scrape> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const scrape = await source.sample()
    if (isSo(scrape)) return scrape
    if (performance.now() > deadline) throw new Error(`never read: ${what}; last ${JSON.stringify(scrape)}`)
    await wait(100)
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`never so: ${what}`)
    await wait(50)
  }
}
