import type { Admission, RateLimit } from '../database/rate-limits.ts'
import type { Log } from '../runtime/log.ts'

/** Decides whether a caller may go on. */
export type Limiter = (caller: string) => Admission | Promise<Admission>

/** A caller is kept in the slot that its name hashes to. */
const HASHES = 16
const SLOTS = 13
const BUSY = 1000

type Seen = { caller: string; requests: number }

/** The shared limiter, which also knows in memory which callers keep this instance busy. */
export function insureLimiter(shared: Limiter, _limit: RateLimit, log: Log): Limiter {
  const slots: Seen[] = Array.from({ length: SLOTS }, () => ({ caller: '', requests: 0 }))
  return (caller) => {
    const seen = slots[hashOf(caller) % HASHES] as Seen
    if (seen.caller !== caller) Object.assign(seen, { caller, requests: 0 })
    seen.requests++
    if (seen.requests % BUSY === 0) log.info({ caller, requests: seen.requests }, 'busy caller')
    return shared(caller)
  }
}

const hashOf = (text: string): number =>
  [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) >>> 0, 7)
