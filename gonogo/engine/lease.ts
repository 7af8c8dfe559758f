import { randomBytes } from 'node:crypto'
import type { Store } from '#store/store.ts'
import { EXIT, Refusal } from './exit-codes.ts'

export const LEASE_MS = 10_000

/** One of this process; whoever finds it in the log sees whether the process still lives. */
export const newHolder = (): string => `${process.pid}-${randomBytes(4).toString('hex')}`

/**
 * Takes a lease, also one that a process left behind which is gone; throws a Refusal with what `heldBy` says of the
 * process that has it. Real time on purpose: a lease is between processes, not part of the deployment's own time.
 */
export function takeLease(
  store: Store,
  stream: string,
  holder: string,
  heldBy: (pid: number) => string,
  ttlMs = LEASE_MS,
): number {
  const lease = store.lease(stream, holder, Date.now(), ttlMs)
  if (lease.ok) return lease.epoch
  const pid = Number.parseInt(lease.holder, 10)
  if (isAlive(pid)) throw new Refusal('in-use', heldBy(pid), EXIT.environment)
  store.release(stream, lease.holder)
  return takeLease(store, stream, holder, heldBy, ttlMs)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
