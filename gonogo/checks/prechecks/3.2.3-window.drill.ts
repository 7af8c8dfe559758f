import { type DrillFault, defineDrill } from '../drill.ts'
import { drillRelease, drillService } from '../drill-situation.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-06-10T12:00:00Z')
const at = (ms: number) => new Date(NOW + ms).toISOString()
const freeze = (start: number, end: number) => ({ name: 'quarter end', start: at(start), end: at(end) })

const situation = (start: number, end: number, freezes: object[] = []) => ({
  now: () => NOW,
  release: drillRelease({ window: { start: NOW + start, end: NOW + end, timeZone: 'Europe/Berlin' } }),
  service: drillService({ freezes, policy: { expectedDuration: '2h' } }),
})

const planting = (name: string, ...args: Parameters<typeof situation>): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: async () => ({ context: situation(...args) }),
})

export const drill = defineDrill<null>({
  item: '3.2.3',
  ground: async () => ({
    config: {},
    ground: null,
    context: situation(-HOUR, 3 * HOUR, [freeze(3 * HOUR, 4 * HOUR)]),
  }),
  faults: [
    planting('the window has ended', -4 * HOUR, -HOUR),
    planting('the window has not begun', HOUR, 5 * HOUR),
    planting('a local time taken for UTC: two hours late', 2 * HOUR, 6 * HOUR),
    planting('too little of it is left', -HOUR, HOUR),
    planting('a freeze now', -HOUR, 3 * HOUR, [freeze(-HOUR, HOUR)]),
    planting('a freeze before the expected end', -HOUR, 3 * HOUR, [freeze(HOUR, 2 * HOUR)]),
  ],
})
