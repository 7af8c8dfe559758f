import { setTimeout as wait } from 'node:timers/promises'
import type { PrometheusSettings } from '#core/metrics-settings.ts'
import type { HistogramBucket, InstanceSample, MetricSource, Scrape } from '#core/sample.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { type PrometheusServer, queryInstant, type Vector } from './api.ts'
import { countersQuery, KIND } from './queries.ts'

/** Instances are scraped at different moments of an interval; one that lags further behind is missing. */
const LAG_INTERVALS = 2.5
/** Prometheus may not have scraped again yet: asked this often more, this far apart. */
const PATIENCE = 3
const PATIENCE_MS = 200

/**
 * Raw counters as Prometheus has them. `atMs` is the time of its newest scrape, so that an answer given twice is seen to
 * be one; an instance whose last scrape is much older makes the answer incomplete.
 */
export function prometheusSource(
  settings: PrometheusSettings,
  server: () => Promise<PrometheusServer>,
): MetricSource {
  const query = countersQuery(settings)
  let lastAtMs = 0
  return {
    sample: async (signal) => {
      for (let attempt = 0; ; attempt++) {
        const vector = await queryInstant(await server(), query, Date.now(), signal)
        const scrape = scrapeOf(vector, settings)
        if (scrape.atMs !== lastAtMs || attempt === PATIENCE) {
          lastAtMs = scrape.atMs
          return scrape
        }
        await wait(PATIENCE_MS, undefined, signal ? { signal } : {})
      }
    },
  }
}

type Draft = { -readonly [K in keyof InstanceSample]: InstanceSample[K] } & {
  buckets: HistogramBucket[]
  scrapedAtMs: number
}

function scrapeOf(vector: Vector, settings: PrometheusSettings): Scrape {
  const drafts = new Map<string, Draft>()
  for (const { metric, value } of vector) {
    const version = metric[settings.version] ?? ''
    const instance = metric[settings.instance] ?? ''
    const key = JSON.stringify([version, instance])
    const draft = drafts.get(key) ?? {
      version,
      instance,
      requests: 0,
      errors: 0,
      buckets: [],
      scrapedAtMs: Number.NaN,
    }
    drafts.set(key, draft)
    const kind = metric[KIND]
    if (kind === 'requests') draft.requests = value
    if (kind === 'errors') draft.errors = value
    if (kind === 'time') draft.scrapedAtMs = Math.round(value * 1000)
    if (kind === 'bucket')
      draft.buckets.push({
        leMs: metric.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(metric.le) * 1000,
        count: value,
      })
  }
  if (drafts.size === 0)
    throw new ReadingProblem(
      'missing',
      settings.url,
      `has no series of ${settings.requests} for this service`,
    )
  const all = [...drafts.values()]
  const atMs = Math.max(...all.map((one) => one.scrapedAtMs))
  return {
    atMs,
    complete: all.every((one) => atMs - one.scrapedAtMs <= LAG_INTERVALS * settings.scrapeInterval),
    instances: all.map(({ scrapedAtMs: _at, buckets, ...rest }) => ({
      ...rest,
      buckets: buckets.sort((a, b) => a.leMs - b.leMs),
    })),
  }
}
