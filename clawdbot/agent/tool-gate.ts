import { estimateTokens } from './context.ts'
import { givesAway } from './egress.ts'
import { isFromMessage, markUntrusted } from './policy.ts'
import type { KnownTool, ToolOutput } from './skills-client.ts'

/** A call of a tool as it went. `refused` says what the policy had against it. */
export interface ToolCall {
  tool: string
  ok: boolean
  refused?: 'not-allowed' | 'not-from-user' | 'secret'
}

export interface ToolGateSettings {
  message: string
  allowed: ReadonlySet<string>
  secrets: readonly string[]
  /** Whether untrusted text is there from the start: what was remembered, what was said before. */
  tainted: boolean
  /** Tokens that the outputs of tools may add. */
  room: number
  run: (name: string, input: Record<string, unknown>, signal: AbortSignal | undefined) => Promise<ToolOutput>
}

/** Stands between the model and the tools of one request. What it refuses is told to the model, which can still answer. */
export interface ToolGate {
  call: (tool: KnownTool, input: Record<string, unknown>, signal: AbortSignal | undefined) => Promise<string>
  readonly calls: readonly ToolCall[]
  /** Whether untrusted text has come into the conversation. */
  readonly tainted: boolean
}

const REFUSALS = {
  'not-allowed': 'the request of the user does not allow this tool',
  'not-from-user': 'this did not come from the user; ask the user to say it themselves',
  secret: 'this holds a secret, which does not leave the agent',
} as const

export function createToolGate(settings: ToolGateSettings): ToolGate {
  const calls: ToolCall[] = []
  let { tainted, room } = settings
  const refusalOf = (tool: KnownTool, input: Record<string, unknown>) => {
    if (!settings.allowed.has(tool.name)) return 'not-allowed'
    if (givesAway(JSON.stringify(input), settings.secrets)) return 'secret'
    if (tainted && !tool.isPure && !isFromMessage(input, settings.message)) return 'not-from-user'
    return null
  }
  return {
    calls,
    get tainted() {
      return tainted
    },
    call: async (tool, input, signal) => {
      const refused = refusalOf(tool, input)
      if (refused !== null) {
        calls.push({ tool: tool.name, ok: false, refused })
        return `refused: ${REFUSALS[refused]}`
      }
      const output = await settings.run(tool.name, input, signal)
      calls.push({ tool: tool.name, ok: output.ok })
      tainted = true
      const text = cutTo(output.text, room)
      room = Math.max(0, room - estimateTokens(text))
      return markUntrusted(tool.name, text)
    },
  }
}

/** As much of an output as there is room for, and how much is missing: a model must not take a part for the whole. */
function cutTo(text: string, room: number): string {
  const fits = Math.max(0, Math.floor((room - estimateTokens('')) * 3.5))
  return text.length <= fits ? text : `${text.slice(0, fits)} [cut: ${text.length - fits} characters more]`
}
