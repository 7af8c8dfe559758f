/** A message as the OpenAI format has it; only what the stub looks at. */
export interface ChatMessage {
  role: string
  content?: unknown
  tool_calls?: readonly { function: { name: string; arguments: string } }[] | undefined
}

/** What the stub decides to say: text, or a call of a tool. */
export type Answer = { text: string } | { tool: string; input: Record<string, string> }

const SUM = /(-?\d{1,9})\s*\+\s*(-?\d{1,9})/
const SAY = /\bsay the word\s+["']?([\p{L}\p{N}_-]+)/iu
const COUNT = /\bcount (?:the )?words in:?\s+(.+)/is
const REVERSE = /\breverse:?\s+(.+)/is
const NOTE = /\b(?:add|save|take) a note:?\s+(.+)/is
const PAGE = /\b(?:fetch|read the page)(?: at)?:?\s+(https?:\/\/[^\s<>"‹›]+)/i
const ABOUT_ME = /\b(?:what do you (?:know|remember) about me|what did I (?:tell|ask) you)\b/i
const FACTS = /<untrusted-memory>([\s\S]*?)<\/untrusted-memory>/
const NOTES = /\b(?:list|show|read) my notes\b/i

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
export function answerTo(messages: readonly ChatMessage[], tools: ReadonlySet<string>): Answer {
  const last = messages.at(-1)
  if (last?.role === 'tool') return answerToTool(textOf(last))
  const text = textOf(messages.findLast((message) => message.role === 'user'))
  return toolFor(text, tools) ?? { text: plainAnswer(text, textOf(messages[0])) }
}

function answerToTool(output: string): Answer {
  const inner = /<untrusted-tool-output[^>]*>([\s\S]*?)<\/untrusted-tool-output>/.exec(output)?.[1] ?? output
  return { text: `The tool says: ${inner.trim()}` }
}

function toolFor(text: string, tools: ReadonlySet<string>): Answer | undefined {
  const rules: readonly [RegExp, string][] = [
    [COUNT, 'count_words'],
    [REVERSE, 'reverse'],
    [NOTE, 'notes_add'],
    [NOTES, 'notes_list'],
    [PAGE, 'web_fetch'],
  ]
  const [first] = rules
    .flatMap(([pattern, tool]) => {
      const match = tools.has(tool) ? pattern.exec(text) : null
      return match ? [{ at: match.index, tool, about: match[1]?.trim() }] : []
    })
    .sort((one, other) => one.at - other.at)
  return (
    first && { tool: first.tool, input: first.about === undefined ? {} : inputFor(first.tool, first.about) }
  )
}

/** What the tools that the stub knows are given. */
export const inputFor = (tool: string, about: string): Record<string, string> =>
  tool === 'web_fetch' ? { url: about } : { text: about }

function plainAnswer(text: string, system: string): string {
  const sum = SUM.exec(text)
  if (sum !== null) return `${sum[1]} + ${sum[2]} = ${Number(sum[1]) + Number(sum[2])}.`
  const word = SAY.exec(text)?.[1]
  if (word !== undefined) return `${word}.`
  const known = ABOUT_ME.test(text) ? FACTS.exec(system)?.[1]?.trim() : undefined
  if (known !== undefined) return `You told me: ${known}`
  return `You said: ${text.slice(0, 200)}`
}
