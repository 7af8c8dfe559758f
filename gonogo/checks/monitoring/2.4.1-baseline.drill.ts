import type { Scrape } from '#core/sample.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { counters, growing, measured, running, stable } from '../live/traffic-drill.ts'

const config = { window: '10ms' }
const counting = (name: string, sample: () => Promise<Scrape>): DrillFault<null> => ({
  name,
  expect: 'unknown',
  plant: async () => ({ context: measured(sample) }),
})
const one = counters(stable, 500, 1)

export const drill = defineDrill<null>({
  item: '2.4.1',
  ground: async () => ({ config, ground: null, context: measured(growing(one)) }),
  faults: [
    counting('too few requests', growing(counters(stable, 99))),
    counting('no traffic', growing(counters(stable, 0))),
    counting('counters of another version', growing(counters('9.9.9', 500))),
    counting('errors of NaN', growing({ ...one, errors: Number.NaN })),
    counting('a scrape that misses instances', async () => ({ ...(await growing(one)()), complete: false })),
    counting('a source that does not answer', () => Promise.reject(new Error('no answer'))),
    {
      name: 'a process that cannot be seen',
      expect: 'unknown',
      plant: async () => ({ context: measured(growing(one), [running(stable, { pid: null })]) }),
    },
    { name: 'nothing runs', expect: 'unknown', plant: async () => ({ context: measured(growing(one), []) }) },
  ],
})
