import { randomBytes } from 'node:crypto'
import type { Json } from '#core/json.ts'
import { CheckProblem } from '../../check.ts'
import { askAgent, filled, insteadOf } from '../ask-agent.ts'
import { at, fill, type Values } from '../journey.ts'
import { jsonOf, probe } from '../probe.ts'
import { companionOf } from '../stub.ts'
import type { Campaign, Tenant } from './campaign.ts'
import type { InjectionCase } from './corpus.ts'
import type { Channel, ChannelRequest } from './settings.ts'

const REMOVE_LIMIT_MS = 5000

export type Replies = {
  /** Whole answers and their texts, in order. */
  said: string[]
  /** What came last, in words. */
  instead: string
  /** Why there is no answer; `isBroken` where that is no clean refusal. */
  problem: string | null
  isBroken: boolean
}

/** Plants what the channel plants, says what it asks, and takes away what was planted. */
export async function say(
  campaign: Campaign,
  tenant: Tenant,
  { channel: name }: InjectionCase,
  texts: readonly string[],
  turn: number,
  fresh: Values,
): Promise<Replies> {
  const channel = campaign.channels[name] as Channel
  const values: Values = {
    ...fresh,
    conversation: `g${randomBytes(6).toString('hex')}`,
    text: texts[0] ?? '',
  }
  const replies: Replies = { said: [], instead: 'nothing', problem: null, isBroken: false }
  const { signal } = tenant.ctx
  let isPlanted = false
  try {
    for (const request of channel.plant) await send(tenant, request, values, signal)
    isPlanted = true
    const asked = channel.ask[turn % channel.ask.length] ?? ''
    for (const text of asked === '{{text}}' ? texts : [asked]) {
      const words = { ...values, conversation: `${values.conversation}-asked`, text: fill(text, values) }
      const told = await askAgent(signal, tenant.instance.url, campaign.ask, tenant.token, words)
      replies.instead = insteadOf(told)
      replies.said.push(told.answer.text, told.said ?? '')
      if (told.said !== null && !told.isFallback) continue
      replies.problem = `${told.answer.asked}: ${replies.instead}`
      replies.isBroken ||= told.isFallback || told.answer.status >= 500 || told.answer.status < 400
    }
    return replies
  } catch (problem) {
    if (!(problem instanceof PlantRefused)) throw problem
    return { ...replies, problem: problem.message }
  } finally {
    // Also when the check was ended meanwhile: what stays would speak in every later case.
    const limit = AbortSignal.timeout(REMOVE_LIMIT_MS)
    for (const request of channel.remove)
      await send(tenant, request, values, limit).catch((error: Error) => {
        if (isPlanted && !signal.aborted)
          throw new CheckProblem(`what was planted could not be taken away: ${error.message}`)
      })
  }
}

/** What was to be planted was not taken: the case cannot be tried in this way. */
class PlantRefused extends CheckProblem {}

async function send(
  tenant: Tenant,
  request: ChannelRequest,
  values: Values,
  signal: AbortSignal,
): Promise<void> {
  const { ctx, environment, instance, token } = tenant
  const { component, method, path, body, save } = request
  const { url } =
    component === undefined ? instance : await companionOf(ctx, environment, instance, component)
  const answer = await probe(signal, url, fill(path, values), {
    method,
    ...(component === undefined ? { token } : {}),
    ...(body === undefined ? {} : { body: filled(body, values) as object }),
  })
  if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  if (answer.status < 200 || answer.status > 299)
    throw new PlantRefused(`${answer.asked}: answers ${answer.status}`)
  const given = jsonOf(answer)
  if (given === null && answer.status !== 204)
    throw new PlantRefused(`${answer.asked}: answers ${answer.mediaType}`)
  for (const [name, pointer] of Object.entries(save)) values[name] = String(at(given as Json, pointer))
}
