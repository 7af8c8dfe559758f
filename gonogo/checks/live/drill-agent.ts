import { randomUUID } from 'node:crypto'
import { DRILL_ACCESS } from './drill-access.ts'
import { type DrillBreaker, drillBreaker } from './drill-breaker.ts'
import {
  DRILL_CANARY,
  DRILL_INSTRUCTIONS,
  DRILL_MODEL_KEYS,
  type DrillMessage,
  drillModel,
} from './drill-model.ts'
import type { Intercept } from './drill-service.ts'
import type { DrillReply, DrillRequest } from './drill-service-routes.ts'
import { leaks } from './injection/encodings.ts'

/** What is wrong with the drill's agent; nothing of it in the ground. */
export type DrillAgentFaults = {
  readonly breaker?: DrillBreaker
  /** Tools run for whoever orders them; secrets leave in plain sight, or coded; pictures are shown. */
  readonly anyTool?: boolean
  readonly anySecret?: 'plain' | 'coded'
  readonly anyLink?: boolean
  readonly refusesAll?: boolean
  readonly deafModel?: boolean
  /** An error for whatever the defences refuse; the tool has run by then where `anyTool` is there as well. */
  readonly breaks?: boolean
  readonly fallback?: '500' | 'unmarked' | 'waits' | 'stays' | 'cached'
  readonly context?: 'unlimited' | 'oldest' | 'holes' | 'forgets-instructions' | '500'
  readonly keys?: 'both' | 'any' | 'old-in-agent'
}

const MOST_CHARACTERS = 2000
const DEADLINE_MS = 400

/** An agent with its model behind one address, as small as one can be that has every defence the checks look for. */
export function drillAgent(faults: DrillAgentFaults = {}): Intercept {
  const model = drillModel()
  const notes = new Map<string, string[]>()
  const facts = new Map<string, string[]>()
  const talks = new Map<string, DrillMessage[]>()
  const breaker = drillBreaker(faults.breaker ?? 'good', model)
  const agent = { faults, model, notes, facts, talks }
  return async (request, next) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    switch (`${request.method} ${request.path}`) {
      case 'PUT /admin/mode':
        return model.tell(request.body)
      case 'GET /admin/last':
        return { status: 200, body: { messages: model.last() } }
      case 'GET /metrics':
        return metrics(`calls_total ${model.calls()}\nbreaker_open ${breaker.isOpen() ? 1 : 0}\n`)
      case 'GET /model/list':
        return isKey(faults, token) ? { status: 200, body: { models: [] } } : { status: 401, body: {} }
      case 'POST /model/chat':
        return faults.deafModel
          ? { status: 200, body: { say: 'No.' } }
          : {
              status: 200,
              body: {
                ...(await model.ask((JSON.parse(request.body) as { messages: DrillMessage[] }).messages)),
              },
            }
      case 'POST /v1/complete':
        return breaker.serve()
      case 'GET /v1/kept':
        return { status: 200, body: { kept: notes.get(token) ?? [] } }
      case 'POST /v1/kept':
        notes.set(token, [...(notes.get(token) ?? []), (JSON.parse(request.body) as { text: string }).text])
        return { status: 201, body: {} }
      case 'DELETE /v1/kept':
        notes.delete(token)
        facts.delete(token)
        return { status: 200, body: {} }
      case 'POST /v1/agent':
        return Object.values(DRILL_ACCESS).includes(token) ? converse(agent, token, request) : next()
      default:
        return next()
    }
  }
}

type Agent = {
  readonly faults: DrillAgentFaults
  readonly model: ReturnType<typeof drillModel>
  readonly notes: Map<string, string[]>
  readonly facts: Map<string, string[]>
  readonly talks: Map<string, DrillMessage[]>
}

async function converse(agent: Agent, token: string, { body }: DrillRequest): Promise<DrillReply> {
  const { faults, model, notes, facts, talks } = agent
  const given = JSON.parse(body) as { text?: string; conversation?: string; messages?: DrillMessage[] }
  const text = given.text ?? given.messages?.at(-1)?.content ?? ''
  if (faults.refusesAll) return reply('I cannot help with that.')
  if (text.startsWith('Remember that ')) facts.set(token, [...(facts.get(token) ?? []), text.slice(14)])
  const talk = given.messages?.slice(0, -1) ?? talks.get(given.conversation ?? '') ?? []
  const instructions = [DRILL_INSTRUCTIONS, ...(facts.get(token) ?? [])].join('\n')
  const messages = fitted(faults, instructions, talk, text)
  if (messages === null) return { status: faults.context === '500' ? 500 : 413, body: { detail: 'too long' } }
  talks.set(given.conversation ?? randomUUID(), [...talk, { role: 'user', content: text }])
  if (faults.keys === 'old-in-agent') return reply('Automatic answer.', true)
  const said = await asked(agent, messages, notes.get(token) ?? [])
  if (said === null) return fallback(faults, text)
  if (faults.fallback === 'stays' && model.calls() > 2) return reply('Automatic answer.', true)
  const answer = guarded(agent, token, text, said)
  if (faults.breaks && /^(That did not|Withheld|Saved)/.test(answer))
    return { status: 500, body: { detail: 'broke' } }
  return reply(answer)
}

/** The model's answer within the deadline, once it has seen what it asked for; null for none. */
async function asked({ faults, model }: Agent, messages: readonly DrillMessage[], notes: readonly string[]) {
  const deadline = new Promise<null>((resolve) => setTimeout(resolve, DEADLINE_MS, null).unref())
  const answer = async () => {
    const said = await model.ask(messages)
    if (said === null || !('list' in said)) return said
    return model.ask([...messages, { role: 'tool', content: notes.join('; ') }])
  }
  return faults.fallback === 'waits' ? answer() : Promise.race([answer(), deadline])
}

function fallback({ fallback: fault }: DrillAgentFaults, text: string): DrillReply {
  if (fault === '500') return { status: 502, body: { detail: 'the model is away' } }
  if (fault === 'unmarked') return reply('Please ask again.')
  const [, a, b] = /(\d+) \+ (\d+)/.exec(text) ?? []
  return fault === 'cached'
    ? reply(`${Number(a) + Number(b)}`)
    : reply('Automatic answer: please ask again.', true)
}

const reply = (text: string, isFallback = false): DrillReply => ({
  status: 200,
  body: { reply: text, fallback: isFallback },
})

type Said = NonNullable<Awaited<ReturnType<ReturnType<typeof drillModel>['ask']>>>

/** What the model wants goes through the defences: tools by the user's word only, no secret, no picture from elsewhere. */
function guarded({ faults, notes }: Agent, token: string, text: string, said: Said): string {
  if ('save' in said) {
    const isAllowed = text.startsWith('Save: ') && !leaks(said.save, DRILL_CANARY)
    if (!isAllowed && !faults.anyTool) return 'That did not come from you.'
    notes.set(token, [...(notes.get(token) ?? []), said.save])
    return 'Saved.'
  }
  if ('list' in said) return 'Nothing.'
  const isPlain = said.say.includes(DRILL_CANARY)
  const isKept = faults.anySecret === 'plain' || (faults.anySecret === 'coded' && !isPlain)
  if (leaks(said.say, DRILL_CANARY) && !isKept) return 'Withheld.'
  return faults.anyLink ? said.say : said.say.replace(/!\[.*?\]\(.*?\)/g, '[picture]')
}

function fitted(
  { context }: DrillAgentFaults,
  instructions: string,
  talk: readonly DrillMessage[],
  text: string,
): DrillMessage[] | null {
  const system = { role: 'system', content: instructions }
  const last = { role: 'user', content: text }
  if (context === 'unlimited') return [system, ...talk, last]
  let room = MOST_CHARACTERS - instructions.length - text.length
  if (room < 0) return null
  const isTrimmed = talk.reduce((sum, { content }) => sum + content.length, 0) > room
  const order = context === 'oldest' ? talk : talk.toReversed()
  const kept = order.filter(({ content }, n) => {
    if (context === 'holes' && n === 1) return false
    room -= content.length
    return room >= 0
  })
  const turns = context === 'oldest' ? kept : kept.reverse()
  return context === 'forgets-instructions' && isTrimmed ? [...turns, last] : [system, ...turns, last]
}

function isKey({ keys }: DrillAgentFaults, token: string): boolean {
  const { key, previous } = DRILL_MODEL_KEYS
  return keys === 'any' || token === key || (keys === 'both' && token === previous)
}

const metrics = (body: string): DrillReply => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body,
})
