import type { Admission, RateLimit } from '../database/rate-limits.ts'
import type { Log } from '../runtime/log.ts'

/** Decides whether a caller may go on. */
export type Limiter = (caller: string) => Admission | Promise<Admission>

const WINDOW_MS = 60_000
/** Requests remembered to spare the database: a ring of the latest ones. */
const CAPACITY = 128
const SLOTS = 96

type Seen = { caller: string; atMs: number }

/**
 * The shared limiter with a memory in front of it: the latest requests are counted here first, and only callers near
 * their limit are looked up in the database.
 */
export function insureLimiter(shared: (caller: string) => Admission, limit: RateLimit, log: Log): Limiter {
  const ring: Seen[] = []
  let next = 0
  return (caller) => {
    const oldest = ring.length < SLOTS ? undefined : ring[next % CAPACITY]
    if (ring.length >= SLOTS) forget(oldest as Seen)
    if (next % CAPACITY < SLOTS) ring[next % CAPACITY] = { caller, atMs: Date.now() }
    next++
    const recent = ring.filter((seen) => seen.caller === caller).length
    if (recent < limit.perMinute / 2) return { admitted: true, remaining: limit.perMinute - recent }
    log.debug({ caller }, 'rate limit looked up')
    return shared(caller)
  }

  /** Makes room for a newer request. */
  function forget(seen: Seen): void {
    if (Date.now() - seen.atMs < WINDOW_MS) return
    seen.caller = ''
  }
}
