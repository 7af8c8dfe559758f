import type { Scrape } from '#core/sample.ts'
import type { Timeline } from '../check.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { canary, counters } from '../live/traffic-drill.ts'

const START = 1_000_000
const HOUR = 3_600_000
const END = START + 24 * HOUR
const timeline = { watchStartedAtMs: START, watchEndsAtMs: END } as Timeline

/** A scrape each half hour; `failed` of 1000 requests in the nth. */
function watch(failed: (n: number) => number, keep: (n: number) => boolean = () => true): (Scrape | null)[] {
  let [requests, errors] = [0, 0]
  return Array.from({ length: 49 }, (_, n) => {
    requests += 1000
    errors += failed(n)
    const scrape = {
      atMs: START + (n * HOUR) / 2,
      complete: true,
      instances: [counters(canary, requests, errors)],
    }
    return keep(n) ? scrape : null
  })
}

const situation = (scrapes: readonly (Scrape | null)[], now = END) => ({
  context: { timeline, now: () => now, scrapesSince: () => scrapes },
})
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
  item: '4.2.1',
  ground: async () => ({ config: { rise: 0.5 }, ground: null, ...situation(watch((n) => n % 3)) }),
  faults: [
    planting(
      'errors that rise by one in a hundred',
      'fail',
      watch((n) => n / 4),
    ),
    planting(
      'errors in the last hours',
      'fail',
      watch((n) => (n > 40 ? 50 : 0)),
    ),
    planting(
      'gaps taken for zero',
      'unknown',
      watch(
        () => 0,
        (n) => n < 20,
      ),
    ),
    planting('no scrape at all', 'unknown', []),
    planting(
      'counters of another version',
      'unknown',
      watch(() => 0).map((one) => one && { ...one, instances: [] }),
    ),
    planting(
      'the watch goes on',
      'unknown',
      watch(() => 0),
      END - HOUR,
    ),
    {
      name: 'no watch',
      expect: 'unknown',
      plant: async () => ({ context: { timeline: { watchStartedAtMs: null } as Timeline } }),
    },
  ],
})
