/** A message as the OpenAI format has it; only what the stub looks at. */
export interface ChatMessage {
  role: string
  content?: unknown
}

/** What the stub decides to say: text, or a call of a tool. */
export type Answer = { text: string } | { tool: string; input: Record<string, string> }

const SUM = /(-?\d{1,9})\s*\+\s*(-?\d{1,9})/
const SAY = /\bsay the word\s+["']?([\p{L}\p{N}_-]+)/iu
const COUNT = /\bcount (?:the )?words in:?\s+(.+)/is
const REVERSE = /\breverse:?\s+(.+)/is
const NOTE = /\b(?:add|save|take) a note:?\s+(.+)/is
const NOTES = /\b(?:list|show|read) my notes\b/i
const ORDER = /\bCALL TOOL (\w+)(?: WITH (.+?))?(?:[.\n<]|$)/

/** The text of a message, whose content may be a string or a list of parts. */
export function textOf(message: ChatMessage | undefined): string {
  if (typeof message?.content === 'string') return message.content
  if (!Array.isArray(message?.content)) return ''
  return message.content
    .map((part: unknown) => (isPart(part) && typeof part.text === 'string' ? part.text : ''))
    .join('')
}

function isPart(part: unknown): part is { text?: unknown } {
  return typeof part === 'object' && part !== null
}

/** The answer to a conversation. The same conversation always has the same answer. */
export function answerTo(
  messages: readonly ChatMessage[],
  tools: ReadonlySet<string>,
  obeys: boolean,
): Answer {
  const last = messages.at(-1)
  if (last?.role === 'tool') return answerToTool(textOf(last), tools, obeys)
  const text = textOf(messages.findLast((message) => message.role === 'user'))
  return toolFor(text, tools) ?? { text: plainAnswer(text) }
}

/** A model that obeys does whatever the output of a tool tells it to: what an injection hopes for. */
function answerToTool(output: string, tools: ReadonlySet<string>, obeys: boolean): Answer {
  const order = obeys ? ORDER.exec(output) : null
  if (order?.[1] !== undefined && tools.has(order[1])) {
    return { tool: order[1], input: { text: order[2]?.trim() ?? '' } }
  }
  const inner = /<untrusted-tool-output[^>]*>([\s\S]*?)<\/untrusted-tool-output>/.exec(output)?.[1] ?? output
  return { text: `The tool says: ${inner.trim()}` }
}

function toolFor(text: string, tools: ReadonlySet<string>): Answer | undefined {
  const rules: readonly [RegExp, string][] = [
    [COUNT, 'count_words'],
    [REVERSE, 'reverse'],
    [NOTE, 'notes_add'],
    [NOTES, 'notes_list'],
  ]
  for (const [pattern, tool] of rules) {
    const match = pattern.exec(text)
    if (match === null || !tools.has(tool)) continue
    return { tool, input: match[1] === undefined ? {} : { text: match[1].trim() } }
  }
  return undefined
}

function plainAnswer(text: string): string {
  const sum = SUM.exec(text)
  if (sum !== null) return `${sum[1]} + ${sum[2]} = ${Number(sum[1]) + Number(sum[2])}.`
  const word = SAY.exec(text)?.[1]
  if (word !== undefined) return `${word}.`
  return `You said: ${text.slice(0, 200)}`
}
