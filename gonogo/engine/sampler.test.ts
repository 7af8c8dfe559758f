import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { defaultAnalysisPolicy } from '#analysis/index.ts'
import type { InstanceSample, MetricSource } from '#core/sample.ts'
import { openSqliteStore } from '#store/sqlite-store.ts'
import { reportSamples } from './report-samples.ts'
import { Sampler } from './sampler.ts'

const policy = { ...defaultAnalysisPolicy, plannedDurationMs: 3_600_000 }
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

function newStore() {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-sampler-'))
  const store = openSqliteStore(join(folder, 'log.sqlite'))
  ends.push(() => {
    store.close()
    rmSync(folder, { recursive: true })
  })
  return store
}

/** A hundred requests a second, five of them to the new version, which fails one in five. Every tenth read fails. */
function source(): MetricSource {
  let n = 0
  const arm = (version: string, requests: number, errors: number): InstanceSample => ({
    version,
    instance: `${version}-a`,
    requests,
    errors,
    buckets: [
      { leMs: 2000, count: requests },
      { leMs: Number.POSITIVE_INFINITY, count: requests },
    ],
  })
  return {
    sample: async () => {
      n++
      if (n % 10 === 0) throw new Error('no answer')
      return { atMs: n * 1000, complete: true, instances: [arm('old', 95 * n, 0), arm('new', 5 * n, n)] }
    },
  }
}

const context = (atMs: number) => ({
  canaryVersion: 'new',
  baselineVersion: 'old',
  configuredWeight: 0.05,
  step: 0,
  atMs,
})

test('a sampler that is started again goes on with every bit of evidence, unless storage lost it', async () => {
  const store = newStore()
  const counters = source()
  const first = new Sampler(store, 'd', policy, counters)
  for (let second = 1; second <= 5; second++) await first.sample(context(second * 1000))
  const second = new Sampler(store, 'd', policy, counters)
  expect(second.judge()).toEqual(first.judge())
  expect(second.judge().evidence).toBeGreaterThan(1)
  expect(new Sampler(store, 'another', policy, counters).judge().evidence).toBeLessThanOrEqual(1)
})

test('killed after any interval and started again, it decides at the same moment with the same evidence', async () => {
  const decide = async (restartAt: number | null) => {
    const store = newStore()
    const counters = source()
    let sampler = new Sampler(store, 'd', policy, counters)
    for (let second = 1; second <= 60; second++) {
      if (second === restartAt) sampler = new Sampler(store, 'd', policy, counters)
      const { judgement } = await sampler.sample(context(second * 1000))
      if (judgement.verdict === 'rollback') return { second, evidence: judgement.evidence }
    }
    return null
  }
  const undisturbed = await decide(null)
  expect(undisturbed?.second).toBeGreaterThan(3)
  for (let at = 2; at <= (undisturbed?.second ?? 0); at++) expect(await decide(at)).toEqual(undisturbed)
})

test('a clock that was set back changes nothing: what is replayed is what was seen, in that order', async () => {
  const store = newStore()
  const counters = source()
  const first = new Sampler(store, 'd', policy, counters)
  for (const second of [11, 12, 13, 4, 5, 6]) await first.sample(context(second * 1000))
  expect(new Sampler(store, 'd', policy, counters).judge()).toEqual(first.judge())
})

test('a source that never answers, and does not let go, is an interval without a scrape', async () => {
  const hanging: MetricSource = { sample: () => new Promise(() => {}) }
  const sampler = new Sampler(newStore(), 'd', policy, hanging, 20)
  const { scrape, judgement } = await sampler.sample(context(1000))
  expect(scrape).toBeNull()
  expect(judgement.verdict).toBe('unknown')
})

test('instances of both versions that have the same name are told apart in the report', async () => {
  const store = newStore()
  let n = 0
  const arm = (version: string, requests: number): InstanceSample => ({
    version,
    instance: 'web-0',
    requests,
    errors: 0,
    buckets: [{ leMs: Number.POSITIVE_INFINITY, count: requests }],
  })
  const sameName: MetricSource = {
    sample: async () => {
      n++
      return { atMs: n * 1000, complete: true, instances: [arm('new', 5 * n), arm('old', 95 * n)] }
    },
  }
  const sampler = new Sampler(store, 'd', policy, sameName)
  for (let second = 1; second <= 2; second++) await sampler.sample(context(second * 1000))
  expect(reportSamples(store, 'd', policy).at(-1)).toMatchObject({
    canary: { requests: 5 },
    baseline: { requests: 95 },
    observedShare: 0.05,
  })
})

test('the report shows the evidence as it was decided by, and by which trigger', async () => {
  const store = newStore()
  const sampler = new Sampler(store, 'd', policy, source())
  for (let second = 1; second <= 5; second++) await sampler.sample(context(second * 1000))
  const rows = reportSamples(store, 'd', policy)
  const { evidence, line, triggers } = rows.at(-1) ?? {}
  expect(evidence).toBe(sampler.judge().evidence)
  expect(line).toBe(1000)
  expect(triggers?.reduce((sum, part) => sum + part, 0)).toBeCloseTo(evidence ?? 0)
  expect(reportSamples(store, 'd', { ...policy, mode: 'literal' }).at(-1)).toMatchObject({
    evidence: null,
    triggers: null,
    notRuledOut: null,
  })
})
