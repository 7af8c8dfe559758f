import type { DrillFault } from '../drill.ts'
import { readinessDrill, readyWith } from '../live/readiness-drill.ts'

const pool = { ok: true, connections: 1, roundTripMs: 0.4 }
const withPool = (name: string, expect: 'fail' | 'unknown', database: unknown): DrillFault<null> =>
  readyWith(name, expect, { database })

export const drill = readinessDrill('3.3.1.5', {}, { database: pool }, [
  withPool('no connection in the pool', 'fail', { ...pool, connections: 0 }),
  withPool('no round trip', 'fail', { ok: true, connections: 1 }),
  withPool('a round trip of NaN', 'fail', { ...pool, roundTripMs: null }),
  withPool('a database that does not answer', 'fail', { ...pool, ok: false, error: 'locked' }),
  withPool('a word instead of a pool', 'fail', 'fine'),
  withPool('a pool that nobody reports', 'unknown', undefined),
])
