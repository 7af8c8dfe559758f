import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { probe } from './probe.ts'

const CONNECT_MS = 5000
const CALL_MS = 10_000

export type McpSession = {
  /** Names of the tools that the server lists, sorted. */
  readonly tools: readonly string[]
  /** `ok` is false where the tool, or the server, refused. */
  call(
    tool: string,
    input: Readonly<Record<string, unknown>>,
    meta: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly ok: boolean; readonly text: string }>
  close(): Promise<void>
}

/**
 * A session with the MCP server of an instance over streamable HTTP. `problem` where something answers that does not
 * speak it; throws a CheckProblem where nothing does.
 */
export async function openMcp(
  ctx: CheckContext,
  instance: Instance,
  path: string,
): Promise<
  | { readonly session: McpSession; readonly problem: null }
  | { readonly session: null; readonly problem: string }
> {
  await probe(ctx.signal, instance.url, path)
  const client = new Client({ name: 'gonogo', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const call = { timeout: CALL_MS, signal: ctx.signal }
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(path, instance.url)), {
      timeout: CONNECT_MS,
      signal: ctx.signal,
    })
    const { tools } = await client.listTools({}, call)
    return { session: sessionOf(client, tools.map(({ name }) => name).sort(), call), problem: null }
  } catch (error) {
    await client.close().catch(() => undefined)
    if (ctx.signal.aborted) throw new CheckProblem(`${instance.url}${path}: no answer in time`)
    return {
      session: null,
      problem: `${path} does not speak MCP: ${(error as Error).message.split('\n')[0]?.slice(0, 160)}`,
    }
  }
}

const sessionOf = (
  client: Client,
  tools: readonly string[],
  options: { timeout: number; signal: AbortSignal },
): McpSession => ({
  tools,
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
