import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { dynamicTool, generateText, jsonSchema, stepCountIs, type ToolSet } from 'ai'
import type { Turn } from '../database/memories.ts'
import { markUntrusted } from './policy.ts'
import type { KnownTool, ToolOutput } from './skills-client.ts'

/** What the model is asked. */
export interface ModelRequest {
  system: string
  turns: readonly Turn[]
  message: string
  tools: readonly KnownTool[]
  allowed: ReadonlySet<string>
  /** Runs a tool for the user of the request. */
  run: (name: string, input: Record<string, unknown>, signal: AbortSignal | undefined) => Promise<ToolOutput>
  signal: AbortSignal
}

/** What came of it. */
export interface ModelReply {
  text: string
  toolCalls: { tool: string; ok: boolean }[]
}

/** A model that answers, with tools. Throws when it cannot. */
export type AskModel = (request: ModelRequest) => Promise<ModelReply>

const MAX_STEPS = 4

/** A model behind an OpenAI-compatible address. */
export function createModel(settings: { url: string; name: string; apiKey: string }): AskModel {
  const provider = createOpenAICompatible({ name: 'model', baseURL: settings.url, apiKey: settings.apiKey })
  const model = provider(settings.name)
  return async (request) => {
    const toolCalls: ModelReply['toolCalls'] = []
    const { text } = await generateText({
      model,
      system: request.system,
      messages: [
        ...request.turns.map(({ role, text: content }) => ({ role, content })),
        { role: 'user' as const, content: request.message },
      ],
      tools: toolSet(request, toolCalls),
      stopWhen: stepCountIs(MAX_STEPS),
      // One retry covers a dropped connection; more would eat the deadline of the request.
      maxRetries: 1,
      abortSignal: request.signal,
    })
    if (text.trim() === '') throw new Error('the model gave no text')
    return { text, toolCalls }
  }
}

/**
 * The tools as the model sees them. Those that the request does not allow are there too, and refuse: a model that was
 * talked into one is told no and can still answer, and the attempt is on record.
 */
function toolSet(request: ModelRequest, toolCalls: ModelReply['toolCalls']): ToolSet {
  const entries = request.tools.map((known) => {
    const execute = async (input: unknown, options: { abortSignal?: AbortSignal }) => {
      if (!request.allowed.has(known.name)) {
        toolCalls.push({ tool: known.name, ok: false })
        return 'refused: the request of the user does not allow this tool'
      }
      const output = await request.run(known.name, asRecord(input), options.abortSignal)
      toolCalls.push({ tool: known.name, ok: output.ok })
      return markUntrusted(known.name, output.text)
    }
    const { name, description, inputSchema } = known
    return [name, dynamicTool({ description, inputSchema: jsonSchema(inputSchema), execute })]
  })
  return Object.fromEntries(entries)
}

function asRecord(input: unknown): Record<string, unknown> {
  return typeof input === 'object' && input !== null ? { ...input } : {}
}
