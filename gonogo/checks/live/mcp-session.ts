import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { probe } from './probe.ts'

const CONNECT_MS = 5000
const CALL_MS = 10_000

export type McpTool = {
  readonly name: string
  readonly description: string
  readonly inputSchema: unknown
}

export type McpSession = {
  /** Names of the tools that the server lists, sorted. */
  readonly tools: readonly string[]
  /** The same with what a model reads of them. */
  readonly described: readonly McpTool[]
  /** The tools as they are listed now. */
  list(): Promise<readonly McpTool[]>
  /** `ok` is false where the tool, or the server, refused. */
  call(
    tool: string,
    input: Readonly<Record<string, unknown>>,
    meta: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly ok: boolean; readonly text: string }>
  close(): Promise<void>
}

export type McpOptions = {
  /** Called whenever the server says that its list of tools changed. */
  readonly toolsChanged?: () => void
  readonly callMs?: number
}

/**
 * A session with the MCP server of an instance over streamable HTTP. `problem` where something answers that does not
 * speak it; throws a CheckProblem where nothing does.
 */
export async function openMcp(
  ctx: CheckContext,
  instance: Instance,
  path: string,
  { toolsChanged, callMs = CALL_MS }: McpOptions = {},
): Promise<
  | { readonly session: McpSession; readonly problem: null }
  | { readonly session: null; readonly problem: string }
> {
  // Not GET: to many servers that is the beginning of a stream without an end.
  await probe(ctx.signal, instance.url, path, { method: 'HEAD' })
  const listChanged = toolsChanged && { tools: { autoRefresh: false, onChanged: toolsChanged } }
  const client = new Client(
    { name: 'gonogo', version: '1' },
    { versionNegotiation: { mode: 'auto' }, ...(listChanged ? { listChanged } : {}) },
  )
  const call = { timeout: callMs, signal: ctx.signal }
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(path, instance.url)), {
      timeout: CONNECT_MS,
      signal: ctx.signal,
    })
    return { session: sessionOf(client, await listed(client, call), call), problem: null }
  } catch (error) {
    await client.close().catch(() => undefined)
    if (ctx.signal.aborted) throw new CheckProblem(`${instance.url}${path}: no answer in time`)
    return {
      session: null,
      problem: `${path} does not speak MCP: ${(error as Error).message.split('\n')[0]?.slice(0, 160)}`,
    }
  }
}

type CallOptions = { readonly timeout: number; readonly signal: AbortSignal }

async function listed(client: Client, options: CallOptions): Promise<McpTool[]> {
  const { tools } = await client.listTools({}, { ...options, cacheMode: 'refresh' })
  const sorted = [...tools].sort((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map(({ name, description = '', inputSchema }) => ({ name, description, inputSchema }))
}

const sessionOf = (client: Client, described: readonly McpTool[], options: CallOptions): McpSession => ({
  tools: described.map(({ name }) => name),
  described,
  list: () => listed(client, options),
  call: async (name, input, meta) => {
    try {
      const result = await client.callTool({ name, arguments: { ...input }, _meta: { ...meta } }, options)
      const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
      return { ok: result.isError !== true, text }
    } catch (error) {
      return { ok: false, text: (error as Error).message }
    }
  },
  close: () => client.close().catch(() => undefined),
})
