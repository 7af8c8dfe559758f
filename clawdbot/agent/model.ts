import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  dynamicTool,
  generateText,
  jsonSchema,
  type LanguageModelMiddleware,
  stepCountIs,
  streamText,
  type TextStreamPart,
  type ToolSet,
  wrapLanguageModel,
} from 'ai'
import type { Turn } from '../database/memories.ts'
import { type Guard, OF_THE_REQUEST } from '../runtime/breaker.ts'
import type { KnownTool } from './skills-client.ts'
import type { ToolGate } from './tool-gate.ts'

/** What the model is asked. */
export interface ModelRequest {
  system: string
  turns: readonly Turn[]
  message: string
  tools: readonly KnownTool[]
  gate: Pick<ToolGate, 'call'>
  signal: AbortSignal
  /** Told what the model says while it does; without it the model is asked for the whole. */
  onText?: (text: string) => void
}

/** A model that answers with text, calling tools through the gate. Throws when it cannot. */
export type AskModel = (request: ModelRequest) => Promise<string>

const MAX_STEPS = 4

/** A model's failure, and not that of what it was asked. */
export const isModelFailure = (error: unknown): boolean =>
  !(APICallError.isInstance(error) && OF_THE_REQUEST.has(error.statusCode ?? 0))

/**
 * A model behind an OpenAI-compatible address. The key is asked for at each call, so that it can be replaced.
 * @param guard decides whether a call is made: the circuit breaker
 */
export function createModel(
  settings: { url: string; name: string; apiKey: () => string },
  guard: Guard,
): AskModel {
  const withKey: typeof fetch = (address, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${settings.apiKey()}`)
    return fetch(address, { ...init, headers })
  }
  const provider = createOpenAICompatible({ name: 'model', baseURL: settings.url, fetch: withKey })
  const model = wrapLanguageModel({
    model: provider(settings.name),
    // Each call by itself: the time that tools take says nothing of the model.
    middleware: {
      specificationVersion: 'v3',
      wrapGenerate: ({ doGenerate }) => guard(async () => doGenerate()),
      wrapStream: ({ doStream }) => guardStream(guard, doStream),
    },
  })
  return async (request) => {
    const asked = {
      model,
      system: request.system,
      messages: [
        ...request.turns.map(({ role, text: content }) => ({ role, content })),
        { role: 'user' as const, content: request.message },
      ],
      tools: toolSet(request),
      stopWhen: stepCountIs(MAX_STEPS),
      // One retry covers a dropped connection; more would eat the deadline of the request.
      maxRetries: 1,
      abortSignal: request.signal,
    }
    const { onText } = request
    const texts = onText
      ? // Its errors are parts of the stream; without this they would be printed as well.
        await streamedTexts(streamText({ ...asked, onError: () => undefined }).fullStream, onText)
      : (await generateText(asked)).steps.map(({ text }) => readable(text))
    if (texts.at(-1)?.trim() === '') throw new Error('the model gave no text')
    return texts.filter((text) => text !== '').join(BETWEEN_STEPS)
  }
}

/** What a model says before it calls a tool, and what it says then. */
const BETWEEN_STEPS = '\n\n'

/** No database keeps a NUL everywhere, and nobody reads it. */
const readable = (text: string): string => text.replaceAll('\0', '')

/** The text of each step; it is told as it comes, with what stands between steps. */
async function streamedTexts(
  parts: AsyncIterable<TextStreamPart<ToolSet>>,
  onText: (text: string) => void,
): Promise<string[]> {
  const texts: string[] = []
  for await (const part of parts) {
    if (part.type === 'error') throw part.error
    if (part.type === 'abort') throw new Error('the time is over')
    if (part.type === 'start-step') texts.push('')
    if (part.type !== 'text-delta') continue
    const text = readable(part.text)
    if (text !== '' && texts.at(-1) === '' && texts.some((before) => before !== '')) onText(BETWEEN_STEPS)
    texts.push(`${texts.pop() ?? ''}${text}`)
    onText(text)
  }
  return texts
}

type StartedStream = Awaited<ReturnType<NonNullable<LanguageModelMiddleware['wrapStream']>>>

/** A stream counts as one call, which has failed when it breaks off, or ends with nothing in it. */
function guardStream(guard: Guard, start: () => PromiseLike<StartedStream>): Promise<StartedStream> {
  return new Promise((resolve, reject) => {
    guard(async () => {
      const started = await start()
      const [stream, watched] = started.stream.tee()
      resolve({ ...started, stream })
      let isEmpty = true
      for await (const part of watched) {
        if (part.type === 'error') throw part.error
        if (part.type === 'text-delta' || part.type === 'tool-call') isEmpty = false
      }
      if (isEmpty) throw new Error('the model gave nothing')
    }).catch(reject)
  })
}

/**
 * The tools as the model sees them. Those that the request does not allow are there too, and refuse: a model that was
 * talked into one is told no and can still answer, and the attempt is on record.
 */
function toolSet({ tools, gate }: ModelRequest): ToolSet {
  const entries = tools.map((known) => {
    const { name, description, inputSchema } = known
    const execute = (input: unknown, options: { abortSignal?: AbortSignal }) =>
      gate.call(known, asRecord(input), options.abortSignal)
    return [name, dynamicTool({ description, inputSchema: jsonSchema(inputSchema), execute })]
  })
  return Object.fromEntries(entries)
}

function asRecord(input: unknown): Record<string, unknown> {
  return typeof input === 'object' && input !== null ? { ...input } : {}
}
