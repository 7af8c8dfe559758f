import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { DependencyState } from '../runtime/probes.ts'
import { USER_META } from '../skills/skills.ts'

/**
 * A tool as the agent knows it. `allowedBy` are the words of a request that allow its use; `isPure` says that by its
 * reviewed permissions it reaches nothing beyond its input.
 */
export interface KnownTool {
  name: string
  description: string
  inputSchema: Record<string, unknown>
  allowedBy: readonly string[]
  isPure: boolean
}

/** What a tool answered. */
export interface ToolOutput {
  ok: boolean
  text: string
}

/** The tools that the agent can reach. */
export interface SkillsClient {
  /** The tools; remembered for a while. Throws when the skills cannot be reached. */
  tools(): Promise<readonly KnownTool[]>
  /** Runs a tool for a user. */
  call(name: string, input: Record<string, unknown>, user: string, signal?: AbortSignal): Promise<ToolOutput>
  /** What GET /skills of the skills server answers. */
  listing(): Promise<unknown>
  check(): Promise<DependencyState>
  close(): Promise<void>
}

const LISTED_MS = 15_000
const CALL_TIMEOUT_MS = 5_000

const listed = z.object({
  skills: z.array(
    z.object({
      permissions: z.record(z.string(), z.unknown()),
      tools: z.array(z.object({ name: z.string(), allowedBy: z.array(z.string()) })),
    }),
  ),
})

/** Connects on first use, and anew after a failure, so that the order in which processes start does not matter. */
export function createSkillsClient(url: string, version: string): SkillsClient {
  let connected: Promise<Client> | undefined
  let remembered: { at: number; tools: readonly KnownTool[] } | undefined

  const use = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    connected ??= connect(url, version)
    const current = connected
    try {
      return await work(await current)
    } catch (error) {
      if (connected === current) connected = undefined
      throw error
    }
  }
  const listing = async () => {
    const response = await fetch(new URL('/skills', url), { signal: AbortSignal.timeout(2_000) })
    if (!response.ok) throw new Error(`the skills server answers ${response.status}`)
    return response.json() as Promise<unknown>
  }
  const tools = async () => {
    if (remembered !== undefined && Date.now() - remembered.at < LISTED_MS) return remembered.tools
    const [policy, offered] = await Promise.all([listing(), use((client) => client.listTools())])
    remembered = { at: Date.now(), tools: join(listed.parse(policy), offered.tools) }
    return remembered.tools
  }
  return {
    tools,
    listing,
    call: (name, input, user, signal) => use((client) => callTool(client, name, input, user, signal)),
    check: () =>
      listing().then(
        () => ({ ok: true }),
        () => ({ ok: false, error: 'not reachable' }),
      ),
    close: async () => (await connected?.catch(() => undefined))?.close(),
  }
}

async function connect(url: string, version: string): Promise<Client> {
  const client = new Client({ name: 'clawdbot-agent', version }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url)), { timeout: 2_000 })
  return client
}

function join({ skills }: z.output<typeof listed>, offered: readonly Pick<KnownTool, 'name'>[]): KnownTool[] {
  const policy = new Map(
    skills.flatMap(({ permissions, tools }) =>
      tools.map(({ name, allowedBy }) => [name, { allowedBy, isPure: reachesNothing(permissions) }] as const),
    ),
  )
  return offered.map((tool) => {
    const { name, description = '', inputSchema = {} } = tool as Partial<KnownTool> & { name: string }
    return { name, description, inputSchema, ...(policy.get(name) ?? { allowedBy: [], isPure: false }) }
  })
}

/** Every permission is absent: false, or an empty list. What this version does not know counts as one that is there. */
function reachesNothing(permissions: Readonly<Record<string, unknown>>): boolean {
  return Object.values(permissions).every(
    (value) => value === false || (Array.isArray(value) && value.length === 0),
  )
}

async function callTool(
  client: Client,
  name: string,
  input: Record<string, unknown>,
  user: string,
  signal?: AbortSignal,
): Promise<ToolOutput> {
  const request = { name, arguments: input, _meta: { [USER_META]: user } }
  const options = { timeout: CALL_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) }
  const result = await client.callTool(request, options)
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
  return { ok: result.isError !== true, text }
}
