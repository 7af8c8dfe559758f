import type { AgentDeclaration } from '../agents.ts'
import type { MemoryStore, Turn } from '../database/memories.ts'
import type { Log } from '../runtime/log.ts'
import { ProblemError } from '../runtime/problem.ts'
import { fitContext } from './context.ts'
import { givesAway, withoutForeignAddresses } from './egress.ts'
import { type Instructions, instructionsFor } from './instructions.ts'
import type { AskModel } from './model.ts'
import { createOutlet } from './outlet.ts'
import { allowedTools, requestOf } from './policy.ts'
import type { KnownTool, SkillsClient } from './skills-client.ts'
import { createToolGate, type ToolCall, type ToolGate, type ToolGateSettings } from './tool-gate.ts'

/** A message to an agent. */
export interface Message {
  text: string
  user: string
  conversation: string
  tools: readonly string[]
  /** Turns that the caller brings along; without them, those that the agent remembers count. */
  history?: readonly Turn[] | undefined
}

/** The answer of an agent. `fallback` says that no model wrote it, and `reason` why; `withheld` that its answer stays here. */
export interface Reply {
  agent: string
  reply: string
  conversation: string
  fallback: boolean
  reason?: 'deadline' | 'model'
  withheld?: 'secret'
  toolCalls: readonly ToolCall[]
  context: { tokens: number; budget: number; dropped: number }
}

/** What a conversation needs from the process. */
export interface ConversationParts {
  ask: AskModel
  skills: SkillsClient
  memory: () => MemoryStore
  log: Log
  deadlineMs: number
  budget: number
  canaries: readonly string[]
  /** What must not leave, beside canaries and instructions. */
  secrets: () => readonly string[]
  createGate?: (settings: ToolGateSettings) => ToolGate
  mayLeave?: (text: string, secrets: readonly string[]) => boolean
}

const HISTORY = 40
const REMEMBER = /\bremember that\s+(.{1,500})/is

const FALLBACK = {
  deadline: 'Automatic answer: the language model took too long. Please ask again in a moment.',
  model: 'Automatic answer: the language model cannot be reached. Please ask again in a moment.',
} as const
const WITHHELD = 'Automatic answer: the answer held something that must not leave, so it was withheld.'

/**
 * Answers a message. It does not fail for want of a model: then the answer is a labelled fallback.
 * @param show is told the reply piece by piece, as it is made and as far as it may leave; the last piece before this resolves
 * @throws ProblemError 413 when the message alone is more than the context budget
 */
export async function converse(
  agent: AgentDeclaration,
  message: Message,
  parts: ConversationParts,
  show?: (text: string) => void,
): Promise<Reply> {
  const { text, user, conversation } = message
  const memory = parts.memory()
  const fact = REMEMBER.test(requestOf(text)) ? REMEMBER.exec(text)?.[1]?.trim() : undefined
  if (fact !== undefined) await memory.remember(user, fact)
  const system = instructionsFor(agent, await memory.recall(user), parts.canaries, parts.budget)
  const history = message.history ?? (await memory.history(user, conversation, HISTORY))
  const { turns, ...context } = fitContext(system.text, text, history, parts.budget)
  if (context.tokens > parts.budget) throw tooLarge(context.tokens, parts.budget)
  const base = { agent: agent.id, conversation, context }
  const outcome = await askInTime(
    agent,
    message,
    { system, turns, room: parts.budget - context.tokens },
    parts,
    show,
  )
  if ('failed' in outcome) {
    const { failed: reason } = outcome
    return { ...base, reply: FALLBACK[reason], fallback: true, reason, toolCalls: [] }
  }
  const { reply, withheld, toolCalls } = outcome
  await memory.append(user, agent.id, conversation, [
    { role: 'user', text },
    { role: 'assistant', text: reply },
  ])
  return { ...base, reply, fallback: false, ...(withheld ? { withheld } : {}), toolCalls }
}

type Given = { system: Instructions; turns: readonly Turn[]; room: number }
type Outcome =
  | { reply: string; withheld?: 'secret'; toolCalls: readonly ToolCall[] }
  | { failed: 'deadline' | 'model' }

async function askInTime(
  agent: AgentDeclaration,
  message: Message,
  { system, turns, room }: Given,
  parts: ConversationParts,
  show: ((text: string) => void) | undefined,
): Promise<Outcome> {
  const { ask, skills, log, deadlineMs, createGate = createToolGate } = parts
  const signal = AbortSignal.timeout(deadlineMs)
  const { text, user } = message
  const secrets = [...parts.secrets(), ...parts.canaries]
  const mayLeave = parts.mayLeave ?? ((answer, kept) => !givesAway(answer, kept))
  const tools = await knownTools(skills, log)
  const gate = createGate({
    message: text,
    allowed: allowedTools(text, tools, { agent: agent.tools, caller: message.tools }),
    secrets,
    tainted: system.withFacts || turns.length > 0,
    room,
    run: (name, input, cut) => skills.call(name, input, user, cut),
  })
  // An answer that recites the instructions is betrayed by its end: a piece of them holds it back until then.
  const held = [...secrets, system.own]
  const outlet =
    show &&
    createOutlet({
      show,
      message: text,
      isTainted: () => gate.tainted,
      mayLeave: (answer) => mayLeave(answer, held),
    })
  const done = (outcome: Outcome): Outcome => {
    outlet?.end('failed' in outcome ? FALLBACK[outcome.failed] : outcome.reply)
    return outcome
  }
  try {
    const request = { system: system.text, turns, message: text, tools, gate, signal }
    const said = await ask(outlet ? { ...request, onText: outlet.add } : request)
    if (!mayLeave(said, secrets)) {
      log.warn({ agent: agent.id, withheld: 'secret' }, 'answer withheld')
      return done({ reply: WITHHELD, withheld: 'secret', toolCalls: gate.calls })
    }
    return done({ reply: gate.tainted ? withoutForeignAddresses(said, text) : said, toolCalls: gate.calls })
  } catch (error) {
    const failed = signal.aborted ? 'deadline' : 'model'
    log.warn({ agent: agent.id, failed, error: error instanceof Error ? error.name : 'unknown' }, 'fallback')
    return done({ failed })
  }
}

/** Without skills an agent still talks; it just has no tools. */
async function knownTools(skills: SkillsClient, log: Log): Promise<readonly KnownTool[]> {
  try {
    return await skills.tools()
  } catch {
    log.warn('the skills cannot be reached; answering without tools')
    return []
  }
}

function tooLarge(tokens: number, budget: number): ProblemError {
  const detail = `the message takes about ${tokens} tokens with the instructions; at most ${budget} fit`
  return new ProblemError({ status: 413, code: 'context_too_large', title: 'Message too large', detail })
}
