import type { InstanceSample } from '#core/sample.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { counters, growing, measured, withBaseline } from './traffic-drill.ts'

/** What can be wrong with the version that an item measures. */
type Wrong = 'errors' | 'latency'

/** The drill of an item that measures one version: errors, latency, or both may be what it watches. */
export function measuringDrill(item: string, version: string, watches: readonly Wrong[]) {
  const counting = (
    name: string,
    expect: 'fail' | 'unknown',
    ...arms: InstanceSample[]
  ): DrillFault<null> => ({
    name,
    expect,
    plant: async () => ({ context: measured(growing(...arms)) }),
  })
  const faults: Record<Wrong, DrillFault<null>[]> = {
    errors: [
      counting('errors above the bound', 'fail', counters(version, 1000, 30)),
      counting('every request fails', 'fail', counters(version, 1000, 1000)),
      {
        name: 'no baseline to compare with',
        expect: 'unknown',
        plant: async () => ({
          context: { ...measured(growing(counters(version, 1000))), resultOf: withBaseline(null) },
        }),
      },
    ],
    latency: [
      counting('one in ten above the limit', 'fail', counters(version, 1000, 0, 100)),
      counting('a histogram that does not add up to an end', 'unknown', {
        ...counters(version, 1000),
        buckets: [{ leMs: Number.POSITIVE_INFINITY, count: 1000 }],
      }),
    ],
  }
  return defineDrill<null>({
    item,
    ground: async () => ({
      config: { window: '10ms' },
      ground: null,
      context: measured(growing(counters(version, 1000, 10))),
    }),
    faults: [
      ...watches.flatMap((wrong) => faults[wrong]),
      counting('too few requests', 'unknown', counters(version, 99)),
      counting('another version’s counters', 'unknown', counters('9.9.9', 1000)),
      counting('a counter of NaN', 'unknown', { ...counters(version, 1000), requests: Number.NaN }),
    ],
  })
}
