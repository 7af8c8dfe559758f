import type { Scrape } from '#core/sample.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { counters, growing, measured, stable } from '../live/traffic-drill.ts'

const counting = (
  name: string,
  expect: 'fail' | 'unknown',
  sample: () => Promise<Scrape>,
): DrillFault<null> => ({
  name,
  expect,
  plant: async () => ({ context: measured(sample) }),
})
/** Cumulative counts of 500 requests, most of them between 100 and 150 ms. */
const buckets = (boundsMs: readonly number[]) =>
  [...boundsMs, Number.POSITIVE_INFINITY].map((leMs) => ({ leMs, count: leMs < 150 ? 20 : 500 }))
const one = { ...counters(stable, 500, 1), buckets: buckets([100, 150, 225, 330, 500, 2000]) }
/** prom-client's own bounds, in ms: none is surely between a p95 of 100 to 250 ms and three times that. */
const DEFAULT_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]

export const drill = defineDrill<null>({
  item: '3.2.5',
  ground: async () => ({ config: {}, ground: null, context: measured(growing(one)) }),
  faults: [
    counting('an error rate that returns nothing', 'unknown', growing()),
    counting('an error rate of another version', 'unknown', growing(counters('9.9.9', 500))),
    counting('no request counted', 'unknown', growing(counters(stable, 0))),
    counting('a latency that returns nothing', 'unknown', growing({ ...one, buckets: [] })),
    counting(
      'a histogram too coarse to compare latencies by',
      'unknown',
      growing({ ...one, buckets: buckets(DEFAULT_MS) }),
    ),
    counting(
      'a histogram that ends below the latency limit',
      'unknown',
      growing({ ...one, buckets: buckets([100, 150, 225, 330, 500]) }),
    ),
    counting('an error rate of NaN', 'fail', growing({ ...one, errors: Number.NaN })),
    counting('a source that does not answer', 'unknown', () => Promise.reject(new Error('no answer'))),
  ],
})
