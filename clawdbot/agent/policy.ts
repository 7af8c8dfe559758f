import type { KnownTool } from './skills-client.ts'

/** What limits the tools of one request. */
export interface ToolScope {
  /** The tools the agent may use. */
  agent: readonly string[]
  /** The tools the caller may use; '*' for all. */
  caller: readonly string[]
}

const QUOTED = [
  /```[\s\S]*(?:```|$)/,
  /"[\s\S]*"/,
  /“[\s\S]*”/,
  /«[\s\S]*»/,
  /`[\s\S]*`/,
  /^>.*$/gm,
  /<[\s\S]*>/,
]

/**
 * The part of a message in which its author asks for something. What is quoted, fenced or follows a colon is what the
 * request is about: it may be anybody's text. A quotation ends at the last mark, so that its text cannot end it.
 */
export function requestOf(message: string): string {
  const unquoted = QUOTED.reduce((text, kind) => text.replace(kind, ' '), message)
  return unquoted.split(/:(?=\s|$)/, 1)[0] ?? ''
}

/**
 * The tools that a request allows: decided from what the user asks alone, before the model or any tool has spoken.
 * Whatever a tool's output then tells the model to do, nothing outside this set runs.
 */
export function allowedTools(
  message: string,
  tools: readonly KnownTool[],
  { agent, caller }: ToolScope,
): ReadonlySet<string> {
  const words = requestOf(message).toLowerCase()
  const allowed = tools.filter((tool) => {
    const inScope = agent.includes(tool.name) && (caller.includes('*') || caller.includes(tool.name))
    return inScope && tool.allowedBy.some((phrase) => words.includes(phrase))
  })
  return new Set(allowed.map((tool) => tool.name))
}

/**
 * Whether everything that a tool is given stands in the user's message. Where untrusted text has been read, a tool that
 * reaches beyond its input runs only with the user's own words: a tool that is allowed must not carry out another's order.
 */
export function isFromMessage(input: unknown, message: string): boolean {
  if (typeof input === 'object' && input !== null)
    return Object.values(input).every((value) => isFromMessage(value, message))
  if (input === null || typeof input === 'boolean') return true
  return even(message).includes(even(String(input)))
}

const even = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').trim()

/** Marks the output of a tool as data; it cannot close the mark itself. */
export function markUntrusted(tool: string, output: string): string {
  return `<untrusted-tool-output tool="${tool}">\n${defused(output)}\n</untrusted-tool-output>`
}

/** Marks what is known about the user as data: who told it, and from what, is not known any more. */
export function markMemory(facts: readonly string[]): string {
  return `<untrusted-memory>\n${facts.map((fact) => `- ${defused(fact)}`).join('\n')}\n</untrusted-memory>`
}

const defused = (text: string): string => text.replaceAll('<', '‹').replaceAll('>', '›')
