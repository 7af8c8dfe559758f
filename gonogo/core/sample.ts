/** One instance's raw, cumulative counters as read in a single scrape. Rates are never stored. */
export type InstanceSample = {
  readonly version: string
  readonly instance: string
  /** All requests answered since the instance (or its counter) started. */
  readonly requests: number
  /** Requests answered with a 5xx status, or not answered at all. */
  readonly errors: number
  /** Cumulative histogram of response times; `leMs` ascending, the last one is Infinity (JSON: null). */
  readonly buckets: readonly HistogramBucket[]
}

export type HistogramBucket = { readonly leMs: number; readonly count: number }

/** All instances as read at one moment. `atMs` is the reader's clock; `complete` is false when an instance did not answer. */
export type Scrape = {
  readonly atMs: number
  readonly complete: boolean
  readonly instances: readonly InstanceSample[]
}

/** Where the raw counters come from. A source that cannot answer throws; the analysis then sees no scrape: unknown. */
export interface MetricSource {
  sample(signal?: AbortSignal): Promise<Scrape>
}
