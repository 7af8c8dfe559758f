import type { Sql } from './connection.ts'

/** Whether a caller may go on, and if not, when to come back. */
export type Admission = { admitted: true; remaining: number } | { admitted: false; retryAfterSeconds: number }

export interface RateLimit {
  /** Requests a minute in the long run. */
  perMinute: number
  /** Requests at once from rest. */
  burst: number
}

/** Adds the cost to what is under way, or to now where nothing is. */
const TAKEN = '(CASE WHEN rate_limits.empty_at_ms > ? THEN rate_limits.empty_at_ms ELSE ? END) + ?'

/**
 * A leaky bucket per caller (generic cell rate algorithm), kept in the database so that the limit holds over all
 * replicas. One statement decides and counts: it writes only when the caller is within the limit.
 * @param clock milliseconds since the epoch
 */
export function createSharedLimiter(sql: Sql, limit: RateLimit, clock: () => number = Date.now) {
  const costMs = 60_000 / limit.perMinute
  const roomMs = costMs * limit.burst
  const take = `
    INSERT INTO rate_limits (caller, empty_at_ms) VALUES (?, ?)
    ON CONFLICT (caller) DO UPDATE SET empty_at_ms = ${TAKEN} WHERE ${TAKEN} <= ?
    RETURNING empty_at_ms`
  return async (caller: string): Promise<Admission> => {
    const now = clock()
    const values = [caller, now + costMs, now, now, costMs, now, now, costMs, now + roomMs]
    const [taken] = await sql.all<{ empty_at_ms: number }>(take, values)
    if (taken) return { admitted: true, remaining: Math.floor((now + roomMs - taken.empty_at_ms) / costMs) }
    const [full] = await sql.all<{ empty_at_ms: number }>(
      'SELECT empty_at_ms FROM rate_limits WHERE caller = ?',
      [caller],
    )
    const emptyAtMs = full?.empty_at_ms ?? now
    return { admitted: false, retryAfterSeconds: Math.max(0, (emptyAtMs + costMs - now - roomMs) / 1000) }
  }
}
