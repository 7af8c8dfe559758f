import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Admission, RateLimit } from '../database/rate-limits.ts'
import type { Log } from '../runtime/log.ts'

/** Decides whether a caller may go on. */
export type Limiter = (caller: string) => Admission | Promise<Admission>

/**
 * The shared limiter, insured: while the database cannot count, each replica counts for itself, because neither
 * refusing everybody nor admitting everything is right.
 */
export function insureLimiter(shared: Limiter, limit: RateLimit, log: Log): Limiter {
  const local = new RateLimiterMemory({ points: limit.perMinute, duration: 60 })
  return async (caller) => {
    try {
      return await shared(caller)
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'rate limit counted by this instance alone')
      return local.consume(caller).then(
        ({ remainingPoints }) => ({ admitted: true as const, remaining: remainingPoints }),
        ({ msBeforeNext }) => ({ admitted: false as const, retryAfterSeconds: msBeforeNext / 1000 }),
      )
    }
  }
}
