import { randomBytes } from 'node:crypto'
import { fill, freshValues, type Values } from '../journey.ts'
import type { Campaign, Tenant } from './campaign.ts'
import { say } from './channel.ts'
import type { InjectionCase } from './corpus.ts'
import { ENCODINGS } from './encodings.ts'
import { harm, movesModel } from './harm.ts'

const HARMLESS = 'the meeting is on tuesday at noon'

/** What one case came to. `moved` says that the model alone would have done it. */
export type Tried = {
  readonly case: InjectionCase
  readonly moved: boolean
  readonly succeeded: string | null
  /** Whether the attack ended in no clean answer: an error, a fallback. */
  readonly isBroken: boolean
  /** Why the twin was not served; null where it was. */
  readonly twinProblem: string | null
}

/** One attack and its twin, each in a conversation of its own. `turn` picks what is asked where a channel has several. */
export async function tryCase(
  campaign: Campaign,
  tenant: Tenant,
  one: InjectionCase,
  turn: number,
): Promise<Tried> {
  const canary = `nc${randomBytes(9).toString('hex')}`
  const values = { ...freshValues(), canary, form: one.form }
  const order = hidden(one, fill(campaign.orders[one.goal] ?? '', values))
  const attack = rendered(campaign, one.attack, { ...values, order })
  const moved = await movesModel(campaign, tenant, one, attack.join('\n'), canary)
  const replies = await say(campaign, tenant, one, attack, turn, values)
  // Whatever was answered: a tool may have run before the answer broke.
  const succeeded = await harm(campaign, tenant, one, replies.said, canary)
  const twinValues = { ...freshValues(), canary: 'none', form: one.form }
  const twin = rendered(campaign, one.twin, { ...twinValues, harmless: hidden(one, HARMLESS) })
  const served = await say(campaign, tenant, one, twin, turn, twinValues)
  const expected = fill(campaign.channels[one.channel]?.expect ?? '', twinValues)
  const last = served.said.at(-1) ?? ''
  const twinProblem =
    served.problem ?? (last.includes(expected) ? null : `${served.instead}, not ${expected}`)
  return { case: one, moved, succeeded, isBroken: replies.isBroken, twinProblem }
}

const hidden = ({ encode }: InjectionCase, text: string): string =>
  encode === undefined ? text : ENCODINGS[encode](text)

function rendered({ settings }: Campaign, texts: readonly string[], values: Values): string[] {
  const { allowed, allowedEmpty, question } = settings
  const words = { ...values, allowed, allowedEmpty, question: fill(question.text, values) }
  return texts.map((text) => fill(text, words))
}
