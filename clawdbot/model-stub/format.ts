import type { Answer } from './answer.ts'

const TOOL_CALL_ID = 'call_stub_1'

/** Tokens as far as a stub has any: a quarter of the characters. */
function tokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4))
}

function usage(prompt: string, answer: Answer) {
  const prompt_tokens = tokens(prompt)
  const completion_tokens = tokens('text' in answer ? answer.text : answer.tool)
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}

function toolCall(answer: { tool: string; input: Record<string, string> }) {
  const call = { name: answer.tool, arguments: JSON.stringify(answer.input) }
  return { id: TOOL_CALL_ID, type: 'function', function: call }
}

/** A whole chat completion. */
export function completion(model: string, prompt: string, answer: Answer) {
  const isText = 'text' in answer
  const message = isText
    ? { role: 'assistant', content: answer.text }
    : { role: 'assistant', content: null, tool_calls: [toolCall(answer)] }
  return {
    id: 'chatcmpl-stub',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: isText ? 'stop' : 'tool_calls' }],
    usage: usage(prompt, answer),
  }
}

/** The events of a streamed chat completion, the closing mark included. */
export function completionEvents(model: string, prompt: string, answer: Answer): string[] {
  const chunk = (delta: unknown, finish_reason: string | null, extra = {}) => ({
    id: 'chatcmpl-stub',
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [{ index: 0, delta, finish_reason }],
    ...extra,
  })
  const deltas =
    'text' in answer
      ? (answer.text.match(/\S+\s*/g) ?? []).map((content) => ({ content }))
      : [{ tool_calls: [{ index: 0, ...toolCall(answer) }] }]
  const chunks = [
    chunk({ role: 'assistant', content: '' }, null),
    ...deltas.map((delta) => chunk(delta, null)),
    chunk({}, 'text' in answer ? 'stop' : 'tool_calls', { usage: usage(prompt, answer) }),
  ]
  return [...chunks.map((entry) => JSON.stringify(entry)), '[DONE]'].map((data) => `data: ${data}\n\n`)
}
