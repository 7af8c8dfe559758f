import { createInterface } from 'node:readline/promises'
import type { Blank } from '#core/checklist.ts'
import { itemStatus } from '#core/items.ts'
import { peopleFor } from '#core/people.ts'
import { ROLES } from '#core/roles.ts'
import type { DeploymentState } from '#core/state.ts'
import { Refusal } from '#engine/exit-codes.ts'

export type Seen = {
  readonly text: string
  readonly value: string | undefined
  readonly link: string | undefined
  readonly blanks: Readonly<Record<string, string>>
}

/** Asks what somebody saw, once and on a terminal only. Who signs is told what, as whom, and how much is still theirs. */
export async function askSeen(
  state: DeploymentState,
  id: string,
  person: string,
  asked: readonly Blank[],
): Promise<Seen> {
  if (!process.stdin.isTTY)
    throw new Refusal(
      'no-terminal',
      'what you saw is asked for on a terminal; give --text where there is none',
    )
  const item = state.opened.plan.items.find((one) => one.id === id)
  if (!item)
    throw new Refusal('unknown-item', `there is no item ${id} in ${state.opened.plan.checklist.name}`)
  const name = state.opened.roster[person]?.name ?? person
  const author = state.opened.authors.includes(person) ? 'an author' : 'not an author'
  process.stderr.write(
    `Attest ${id} ${item.title}   (${placeAmongTheirs(state, id, person)})\n as ${ROLES[item.role]}, ${name} · ${author}\n`,
  )
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const text = (await prompt.question(' What you saw › ')).trim()
    if (!text) throw new Refusal('nothing-said', 'nothing was said, so nothing is signed')
    const blanks: Record<string, string> = {}
    for (const { key, label, unit } of asked) {
      const said = (await prompt.question(` ${label}${unit ? `, ${unit}` : ''} › `)).trim()
      if (said) blanks[key] = said
    }
    const isAsked = asked.length > 0
    const value = isAsked ? '' : (await prompt.question(' The value seen, where there is one › ')).trim()
    const link = (await prompt.question(' Link › ')).trim()
    return { text, value: value || undefined, link: link || undefined, blanks }
  } finally {
    prompt.close()
  }
}

/** "2 of 5 yours": which of the items that wait for this person it is. */
function placeAmongTheirs(state: DeploymentState, id: string, person: string): string {
  const theirs = state.opened.plan.items.filter(
    (item) =>
      itemStatus(state, item, state.lastAt).waitsFor === 'person' &&
      peopleFor(state.opened, item.role).includes(person),
  )
  const at = theirs.findIndex((item) => item.id === id)
  return at === -1 ? 'it does not wait for you' : `${at + 1} of ${theirs.length} yours`
}
