import { z } from '@hono/zod-openapi'
import { ProblemError } from '../../runtime/problem.ts'
import { storedText } from '../../text/stored-text.ts'
import type { AgentAnswer } from '../agent-client.ts'

const LONGEST_TEXT = 20_000
const textPart = z.object({ type: z.literal('text'), text: z.string().max(LONGEST_TEXT) })
const content = z.union([z.string().max(LONGEST_TEXT), z.array(textPart).min(1).max(20)])
const toolCall = z.looseObject({
  id: z.string().max(200),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string().max(100), arguments: z.string().max(LONGEST_TEXT) }),
})
const chatMessage = z.union([
  z.looseObject({ role: z.enum(['system', 'developer', 'user']), content }),
  z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string().max(200) }),
  z.looseObject({
    role: z.literal('assistant'),
    content: content.nullish(),
    tool_calls: z.array(toolCall).max(128).optional(),
  }),
])

/**
 * A request in the OpenAI format. A model gets it as it is; an agent uses model, messages and stream.
 */
export const chatRequest = z
  .looseObject({
    model: z.string().min(1).max(100),
    messages: z.array(chatMessage).min(1).max(100),
    stream: z.boolean().optional(),
  })
  .openapi('ChatRequest')

/** A completion in the OpenAI format; `clawdbot` says what that format has no place for. */
export const completion = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({ role: z.literal('assistant'), content: z.string() }),
        finish_reason: z.literal('stop'),
      }),
    ),
    usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
    clawdbot: z.object({ fallback: z.boolean() }),
  })
  .openapi('ChatCompletion')

type ChatRequest = z.infer<typeof chatRequest>
type Completion = z.infer<typeof completion>

/**
 * The last message and the turns before it. Messages of the system role are left out: instructions to an agent come
 * from whoever runs it, not from whoever asks.
 * @throws ProblemError 400 when the last message is not the user's, or cannot be kept
 */
export function messageFrom({ messages }: ChatRequest) {
  const turns = messages.flatMap(({ role, content }) => {
    const text = textOf(content)
    return role === 'user' || role === 'assistant' ? [{ role, text }] : []
  })
  const last = turns.pop()
  if (last?.role !== 'user' || last.text.trim() === '')
    throw invalid('messages: the last one must be the user’s, with text in it')
  const { error } = storedText.safeParse(last.text)
  if (error) throw invalid(`messages: ${error.issues[0]?.message}`)
  return { text: last.text, history: turns }
}

const invalid = (detail: string) =>
  new ProblemError({ status: 400, code: 'invalid_input', title: 'Invalid input', detail })

function textOf(content: z.infer<typeof chatMessage>['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map((part) => part.text).join('')
}

/** Tokens are estimated (four characters each), because agents may use several models for one answer. */
export function chatCompletion(requestId: string, request: ChatRequest, answer: AgentAnswer): Completion {
  const completionTokens = Math.ceil(answer.reply.length / 4)
  const promptTokens = answer.context.tokens
  return {
    id: `chatcmpl-${requestId}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{ index: 0, message: { role: 'assistant', content: answer.reply }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
    clawdbot: { fallback: answer.fallback },
  }
}
