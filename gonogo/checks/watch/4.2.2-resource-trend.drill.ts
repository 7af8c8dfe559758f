import type { Json } from '#core/json.ts'
import type { RecordedResult, Timeline } from '../check.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { canary, counters, growing, measured, running } from '../live/traffic-drill.ts'

const HOUR = 3_600_000
const END = Date.now()
const START = END - 24 * HOUR
const timeline = { watchStartedAtMs: START, watchEndsAtMs: END } as Timeline
/** A factor of what this process uses now, by the number of the reading. */
type Memory = (n: number) => number

/** Readings each hour of this process as the instance; the last one is the check's own. */
function soFar(memory: Memory, startedAtMs = 0, hours = 24): Json {
  const now = process.memoryUsage.rss()
  return Array.from({ length: hours }, (_, n) => ({
    atMs: START + n * HOUR,
    instances: [{ id: `web-${canary}`, startedAtMs, restarts: 0, memoryBytes: memory(n) * now, cpuMs: 0 }],
  }))
}

const situation = (readings: Json, overrides: Parameters<typeof running>[1] = {}, now = END + 1) => {
  const last: RecordedResult = { verdict: 'unknown', claim: { readings }, summary: '', evidence: [], atMs: 0 }
  return {
    context: {
      ...measured(growing(counters(canary, 1000)), [running(canary, overrides)]),
      timeline,
      now: () => now,
      resultOf: () => last,
    },
  }
}
const flat: Memory = () => 1
const planting = (
  name: string,
  expect: 'fail' | 'unknown',
  readings: () => Json,
  ...rest: [Parameters<typeof running>[1]?, number?]
): DrillFault<null> => ({
  name,
  expect,
  plant: async () => situation(readings(), ...rest),
})

export const drill = defineDrill<null>({
  item: '4.2.2',
  ground: async () => ({
    config: { growth: 1 },
    ground: null,
    ...situation(soFar((n) => 1 + (n % 3) / 1000)),
  }),
  faults: [
    planting('memory that grows', 'fail', () => soFar((n) => 0.25 + n / 8)),
    planting('a restart that hides a leak', 'fail', () => soFar(flat), { restarts: 1 }),
    planting('a process started anew under the same name', 'fail', () => soFar(flat), { startedAtMs: 5 }),
    planting('too few readings', 'unknown', () => soFar(flat, 0, 9)),
    planting('the watch goes on', 'unknown', () => soFar(flat), {}, END - HOUR),
    planting('a process that cannot be seen', 'unknown', () => soFar(flat), { pid: null }),
  ],
})
