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
const one = counters(stable, 500, 1)

export const drill = defineDrill<null>({
  item: '3.2.5',
  ground: async () => ({ config: {}, ground: null, context: measured(growing(one)) }),
  faults: [
    counting('an error rate that returns nothing', 'unknown', growing()),
    counting('an error rate of another version', 'unknown', growing(counters('9.9.9', 500))),
    counting('no request counted', 'unknown', growing(counters(stable, 0))),
    counting('a latency that returns nothing', 'unknown', growing({ ...one, buckets: [] })),
    counting('an error rate of NaN', 'fail', growing({ ...one, errors: Number.NaN })),
    counting('a source that does not answer', 'unknown', () => Promise.reject(new Error('no answer'))),
  ],
})
