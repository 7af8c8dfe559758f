import type { Instance } from '#targets/target.ts'
import type { CheckContext } from '../check.ts'
import { probe } from './probe.ts'
import { isObject, objectOf } from './readiness.ts'

const READINGS = 20

/** Median round trip to the database in ms, as instances tell on their readiness path under `field`; null where none does. */
export async function roundTripOf(
  ctx: CheckContext,
  instances: readonly Instance[],
  field = 'database',
): Promise<number | null> {
  const trips: number[] = []
  for (const { url, readyPath } of instances.filter((one) => one.readyPath !== null))
    for (let i = 0; i < READINGS; i++) {
      const pool = objectOf(await probe(ctx.signal, url, readyPath ?? '/'))?.[field]
      if (!isObject(pool)) break
      if (typeof pool.roundTripMs === 'number' && pool.roundTripMs > 0) trips.push(pool.roundTripMs)
    }
  trips.sort((a, b) => a - b)
  return trips[Math.floor(trips.length / 2)] ?? null
}
