import type { Json } from '#core/json.ts'
import type { RecordedResult, Timeline } from '../check.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { canary, counters, growing, measured, running } from '../live/traffic-drill.ts'

const HOUR = 3_600_000
const END = Date.now()
const START = END - 24 * HOUR
const timeline = { watchStartedAtMs: START, watchEndsAtMs: END } as Timeline
const { rss } = process.memoryUsage()

/** Readings each hour of this process as the instance; the last one is the check's own. */
const soFar = (memory: (n: number) => number, startedAtMs = 0, hours = 24): Json =>
  Array.from({ length: hours }, (_, n) => ({
    atMs: START + n * HOUR,
    instances: [{ id: `web-${canary}`, startedAtMs, restarts: 0, memoryBytes: memory(n), cpuMs: 0 }],
  }))

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
const planting = (
  name: string,
  expect: 'fail' | 'unknown',
  ...args: Parameters<typeof situation>
): DrillFault<null> => ({
  name,
  expect,
  plant: async () => situation(...args),
})

export const drill = defineDrill<null>({
  item: '4.2.2',
  ground: async () => ({
    config: { growth: 1 },
    ground: null,
    ...situation(soFar((n) => rss + (n % 3) * 4096)),
  }),
  faults: [
    planting(
      'memory that grows',
      'fail',
      soFar((n) => rss / 4 + (n * rss) / 8),
    ),
    planting(
      'a restart that hides a leak',
      'fail',
      soFar(() => rss),
      { restarts: 1 },
    ),
    planting(
      'a process started anew under the same name',
      'fail',
      soFar(() => rss),
      { startedAtMs: 5 },
    ),
    planting(
      'too few readings',
      'unknown',
      soFar(() => rss, 0, 9),
    ),
    planting(
      'the watch goes on',
      'unknown',
      soFar(() => rss),
      {},
      END - HOUR,
    ),
    planting(
      'a process that cannot be seen',
      'unknown',
      soFar(() => rss),
      { pid: null },
    ),
  ],
})
