import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { foldAll } from '#core/fold.ts'
import { itemStatus } from '#core/items.ts'
import type { DeploymentState } from '#core/state.ts'
import { isGood } from '#core/verdict.ts'
import { toRecorded } from '#engine/journal.ts'
import { deploymentFolder } from '#engine/workspace.ts'
import type { Store } from '#store/store.ts'
import { nextQueue } from './next-queue.ts'

const markFile = (root: string, id: string) => join(deploymentFolder(root, id), 'last-seen')

/** Remembers how far somebody at this machine has followed a deployment. */
export function markSeen(root: string, state: DeploymentState): void {
  try {
    writeFileSync(markFile(root, state.id), String(state.seq))
  } catch {
    // A convenience: where it cannot be written, the next view says less.
  }
}

/**
 * "since you left: 2 closed, 1 reopened → resume at 1.3.6". Without a mark (the view was killed) it is counted from what
 * the engine wrote last. Null where nobody has been here before.
 */
export function sinceYouLeft(root: string, store: Store, state: DeploymentState, now: number): string | null {
  const records = store.read(state.id, 0)
  const seq = takeMark(root, state.id) ?? records.findLast((record) => record.epoch !== null)?.seq
  if (!seq || state.seq === 1 || (state.closed && seq === state.seq)) return null
  const seen = records.filter((record) => record.seq <= seq).map(toRecorded)
  if (seen.length === 0) return null
  const before = foldAll(state.id, seen)
  const moves = state.opened.plan.items.map((item) => ({
    was: isGood(itemStatus(before, item, before.lastAt).state),
    is: isGood(itemStatus(state, item, now).state),
  }))
  const closed = moves.filter((item) => !item.was && item.is).length
  const reopened = moves.filter((item) => item.was && !item.is).length
  const said = seq === state.seq ? 'nothing' : `${closed} closed, ${reopened} reopened`
  const next = nextQueue(state, now)[0]
  const resume = state.closed ? ` → ${state.closed.status}` : next ? ` → resume at ${next.item.id}` : ''
  return `since you left: ${said}${resume}`
}

/** Read once: a view that is killed leaves no old mark behind. */
function takeMark(root: string, id: string): number | undefined {
  try {
    const seq = Number(readFileSync(markFile(root, id), 'utf8'))
    rmSync(markFile(root, id))
    return Number.isInteger(seq) && seq > 0 ? seq : undefined
  } catch {
    return undefined
  }
}
