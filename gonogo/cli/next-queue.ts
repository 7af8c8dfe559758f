import { itemStatus } from '#core/items.ts'
import { peopleFor } from '#core/people.ts'
import { type DeploymentState, openDrift } from '#core/state.ts'
import { STATE_MARKS } from '#core/verdict.ts'

/** What blocks, worst first: fail > unknown > reopened > waiting for a person. Only what has been reached. */
export function nextQueue(state: DeploymentState, now: number) {
  return state.opened.plan.items
    .map((item) => ({ item, status: itemStatus(state, item, now), isReopened: hasPassed(state, item.id) }))
    .filter(({ status }) => status.state === 'failed' || status.state === 'unknown')
    .sort((a, b) => rank(a) - rank(b))
}

type Queued = { status: { state: string; waitsFor: string | null; at: number | null }; isReopened: boolean }

/** Who waits for a first measurement comes behind those that were measured and are unknown. */
function rank({ status, isReopened }: Queued): number {
  if (status.state === 'failed') return 0
  if (status.waitsFor === 'person') return 4
  if (isReopened) return 3
  return status.at === null ? 2 : 1
}

/** True when a check of the item passed before. */
function hasPassed(state: DeploymentState, id: string): boolean {
  const record = state.items[id]
  return [...(record?.before ?? []), record?.check].some((one) => one?.event.verdict === 'pass')
}

export function nextLines(state: DeploymentState, now: number, most: number): string[] {
  const queue = nextQueue(state, now)
  const lines = queue.slice(0, most).map(({ item, status, isReopened }) => {
    const [holder] = peopleFor(state.opened, item.role)
    const person = item.proves === 'watchHeld' ? (state.watchHolder ?? holder) : holder
    const whose = person ? (state.opened.roster[person]?.name ?? person) : item.role
    return `next  ${isReopened ? '↻' : STATE_MARKS[status.state].glyph} ${item.id} ${item.title}: ${status.value} (${whose})`
  })
  const all = [...driftLines(state), ...lines]
  return queue.length > most ? [...all, `      and ${queue.length - most} more`] : all
}

/** What holds everything else comes first. */
function driftLines(state: DeploymentState): string[] {
  const drift = openDrift(state)
  return drift === null
    ? []
    : [`next  ${STATE_MARKS.failed.glyph} ${drift}: undo it, or accept it with gonogo resume`]
}
