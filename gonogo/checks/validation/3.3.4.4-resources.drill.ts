import { type DrillFault, defineDrill } from '../drill.ts'
import { canary, counters, growing, measured, running, withBaseline } from '../live/traffic-drill.ts'

const traffic = growing(counters(canary, 1000))
const config = (memory: string, cpu = '100') => ({ limits: { memory, cpu }, window: '100ms', ratio: 4 })
const here = { ...measured(traffic), resultOf: withBaseline({ cpu: { gateway: 100 } }) }

const planting = (name: string, expect: 'fail' | 'unknown', change: object): DrillFault<null> => ({
  name,
  expect,
  plant: async () => change,
})

/** Keeps this process, which stands for the instance, busy for a while. */
function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until) Math.sqrt(until)
}

export const drill = defineDrill<null>({
  item: '3.3.4.4',
  ground: async () => ({ config: config('64Gi'), ground: null, context: here }),
  faults: [
    planting('more memory than the limit', 'fail', { config: config('1Mi') }),
    planting('far more memory than before', 'fail', {
      context: { ...here, resultOf: withBaseline({ memoryBytes: { gateway: 1024 }, cpu: { gateway: 100 } }) },
    }),
    {
      name: 'more processor than the limit',
      expect: 'fail',
      plant: async () => {
        setTimeout(() => spin(80), 10)
        return { config: config('64Gi', '50m') }
      },
    },
    planting('no baseline to compare with', 'unknown', {
      context: { ...here, resultOf: withBaseline(null) },
    }),
    planting('a process that cannot be seen', 'unknown', {
      context: measured(traffic, [running(canary, { pid: null })]),
    }),
    planting('no instance at all', 'unknown', { context: measured(traffic, []) }),
  ],
})
