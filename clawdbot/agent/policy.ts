import type { KnownTool } from './skills-client.ts'

/** What limits the tools of one request. */
export interface ToolScope {
  /** The tools the agent may use. */
  agent: readonly string[]
  /** The tools the caller may use; '*' for all. */
  caller: readonly string[]
}

/**
 * The tools that a request allows: decided from the words of the user alone, before the model or any tool has spoken.
 * Whatever a tool's output then tells the model to do, nothing outside this set runs.
 */
export function allowedTools(
  text: string,
  tools: readonly KnownTool[],
  { agent, caller }: ToolScope,
): ReadonlySet<string> {
  const words = text.toLowerCase()
  const allowed = tools.filter((tool) => {
    const inScope = agent.includes(tool.name) && (caller.includes('*') || caller.includes(tool.name))
    return inScope && tool.allowedBy.some((phrase) => words.includes(phrase))
  })
  return new Set(allowed.map((tool) => tool.name))
}

/** Marks the output of a tool as data; it cannot close the mark itself. */
export function markUntrusted(tool: string, output: string): string {
  const inner = output.replaceAll('<', '‹').replaceAll('>', '›')
  return `<untrusted-tool-output tool="${tool}">\n${inner}\n</untrusted-tool-output>`
}

/** Takes secrets and canaries out of what leaves the agent. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((kept, secret) => kept.replaceAll(secret, '[redacted]'), text)
}
