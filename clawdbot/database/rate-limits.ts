import type { Database } from './open.ts'
import { statement } from './statement.ts'

/** Whether a caller may go on, and if not, when to come back. */
export type Admission = { admitted: true; remaining: number } | { admitted: false; retryAfterSeconds: number }

export interface RateLimit {
  /** Requests a minute in the long run. */
  perMinute: number
  /** Requests at once from rest. */
  burst: number
}

/**
 * A leaky bucket per caller (generic cell rate algorithm), kept in the database so that the limit holds over all
 * replicas. One statement decides and counts: it writes only when the caller is within the limit.
 * @param clock milliseconds since the epoch
 */
export function createSharedLimiter(database: Database, limit: RateLimit, clock: () => number = Date.now) {
  const costMs = 60_000 / limit.perMinute
  const roomMs = costMs * limit.burst
  const take = statement(
    database,
    `
    INSERT INTO rate_limits (caller, empty_at_ms) VALUES (:caller, :now + :cost)
    ON CONFLICT (caller) DO UPDATE SET empty_at_ms = max(empty_at_ms, :now) + :cost
      WHERE max(empty_at_ms, :now) + :cost <= :now + :room
    RETURNING empty_at_ms AS emptyAtMs`,
  )
  const look = statement(database, 'SELECT empty_at_ms AS emptyAtMs FROM rate_limits WHERE caller = ?')
  return (caller: string): Admission => {
    const now = clock()
    const taken = take.get({ caller, now, cost: costMs, room: roomMs }) as { emptyAtMs: number } | undefined
    if (taken) return { admitted: true, remaining: Math.floor((now + roomMs - taken.emptyAtMs) / costMs) }
    const { emptyAtMs } = look.get(caller) as { emptyAtMs: number }
    return { admitted: false, retryAfterSeconds: Math.max(0, (emptyAtMs + costMs - now - roomMs) / 1000) }
  }
}
