import { itemStatus } from '#core/items.ts'
import type { DeploymentState } from '#core/state.ts'
import { isGood } from '#core/verdict.ts'

const DAY_MS = 86_400_000

/** The sections of the document that are complete, each with how: "· 7 proven, 1 attested". */
export function completedChunks(state: DeploymentState, now: number): ReadonlyMap<string, string> {
  const sections = Map.groupBy(state.opened.plan.items, (item) => item.section)
  const completed = new Map<string, string>()
  for (const [section, items] of sections) {
    const states = items.map((item) => itemStatus(state, item, now).state)
    if (!states.every(isGood) || states.every((one) => one === 'notApplicable')) continue
    const count = (wanted: (typeof states)[number]) => states.filter((one) => one === wanted).length
    const waived = items.filter((_, i) => states[i] === 'waived')
    const said = [
      ...(count('passed') > 0 ? [`${count('passed')} proven`] : []),
      ...(count('attested') > 0 ? [`${count('attested')} attested`] : []),
    ]
    const waivers = waived.length === 1 ? '1 waiver' : `${waived.length} waivers`
    const except = waived.length > 0 ? `except ${waivers}, expires in ${daysLeft(state, waived, now)} d ` : ''
    completed.set(section, `${except}· ${said.join(', ') || 'nothing else applies'}`)
  }
  return completed
}

function daysLeft(state: DeploymentState, waived: readonly { id: string }[], now: number): number {
  const ends = waived.map(({ id }) => state.items[id]?.waiver?.event.statement.expiresAt ?? now)
  return Math.ceil((Math.min(...ends) - now) / DAY_MS)
}
