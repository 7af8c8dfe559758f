import { itemStatus } from '#core/items.ts'
import { peopleFor } from '#core/people.ts'
import type { DeploymentState } from '#core/state.ts'
import { GLYPHS } from './glyphs.ts'

/** What blocks, worst first: fail > unknown > reopened > waiting for a person. Only what has been reached. */
export function nextQueue(state: DeploymentState, now: number) {
  return state.opened.plan.items
    .map((item) => ({ item, status: itemStatus(state, item, now) }))
    .filter(({ status }) => status.state === 'failed' || status.state === 'unknown')
    .sort((a, b) => rank(a.status) - rank(b.status))
}

const rank = (status: { state: string; waitsFor: string | null; at: number | null }): number => {
  if (status.state === 'failed') return 0
  if (status.waitsFor !== 'person') return status.at === null ? 2 : 1
  return 3
}

export function nextLines(state: DeploymentState, now: number, most: number): string[] {
  const queue = nextQueue(state, now)
  const lines = queue.slice(0, most).map(({ item, status }) => {
    const [person] = peopleFor(state.opened, item.role)
    const whose = person ? (state.opened.roster[person]?.name ?? person) : item.role
    return `next  ${GLYPHS[status.state].glyph} ${item.id} ${item.title}: ${status.value} (${whose})`
  })
  return queue.length > most ? [...lines, `      and ${queue.length - most} more`] : lines
}
