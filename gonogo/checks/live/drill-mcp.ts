import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CheckContext, EnvironmentAccess } from '../check.ts'
import { drillEnvironment, drillInstance, drillService, observing } from '../drill-situation.ts'
import { drillAccess } from './drill-access.ts'

export type DrillTool = {
  readonly description: string
  readonly inputSchema?: object
  /** Answers its text, or throws what makes the call an error. */
  run(input: Record<string, unknown>): string | Promise<string>
}

/** What the stand-in serves; a planted fault changes it. */
export type DrillSkills = {
  tools: Record<string, DrillTool>
  /** What `/skills` answers: an object as JSON, text as a page. */
  listing: object | string
  /** What the public path answers; by default a small JSON object. */
  ping?: (request: IncomingMessage) => Promise<{ status: number; body: object | string }>
}

export type DrillMcp = {
  readonly url: string
  readonly skills: DrillSkills
  /** Tells every client that listens that the tools changed. */
  tell(): void
  environment(overrides?: Partial<EnvironmentAccess>): EnvironmentAccess
  close(): Promise<void>
}

/** An MCP server (2025-11-25, streamable HTTP) for drills to break, with a listing of its skills beside it. */
export async function startDrillMcp(skills: DrillSkills): Promise<DrillMcp> {
  const listeners = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    void serve(request, response, skills, listeners)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const instance = drillInstance({ id: 'skills-1', component: 'skills', url, pid: process.pid })
  const message = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }
  return {
    url,
    skills,
    tell: () => {
      for (const one of listeners) one.write(`data: ${JSON.stringify(message)}\n\n`)
    },
    environment: (overrides = {}) =>
      drillEnvironment({
        url,
        target: observing([instance]),
        candidates: async () => [instance],
        stables: async () => [instance],
        access: drillAccess,
        ...overrides,
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The environment as the one deployed to and as staging. */
export const mcpContext = (environment: EnvironmentAccess): Partial<CheckContext> => ({
  environment,
  environmentNamed: () => environment,
  service: drillService({ staging: 'production' }),
})

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  skills: DrillSkills,
  listeners: Set<ServerResponse>,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const send = (status: number, body?: object | string) => {
    const type = typeof body === 'string' ? 'text/html' : 'application/json'
    response.writeHead(status, { 'content-type': type })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  if (request.url === '/skills') return send(200, skills.listing)
  if (request.url !== '/mcp') {
    const { status, body } = (await skills.ping?.(request)) ?? { status: 200, body: { status: 'ok' } }
    return send(status, body)
  }
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    listeners.add(response)
    response.once('close', () => listeners.delete(response))
    return
  }
  if (request.method !== 'POST') return send(405, {})
  const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Rpc
  if (id === undefined) return send(202, {})
  return send(200, { jsonrpc: '2.0', id, ...(await answer(method, params ?? {}, skills)) })
}

type Rpc = { id?: number; method: string; params?: { name?: string; arguments?: Record<string, unknown> } }

async function answer(
  method: string,
  params: NonNullable<Rpc['params']>,
  { tools }: DrillSkills,
): Promise<object> {
  if (method === 'initialize')
    return {
      result: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: 'drill', version: '1' },
      },
    }
  if (method === 'tools/list') {
    const listed = Object.entries(tools).map(([name, { description, inputSchema = { type: 'object' } }]) => ({
      name,
      description,
      inputSchema,
    }))
    return { result: { tools: listed } }
  }
  const tool = method === 'tools/call' ? tools[params.name ?? ''] : undefined
  if (!tool)
    return { error: { code: method === 'tools/call' ? -32602 : -32601, message: 'there is no such thing' } }
  const said = (text: string, isError: boolean) => ({
    result: { content: [{ type: 'text', text }], isError },
  })
  try {
    return said(await tool.run(params.arguments ?? {}), false)
  } catch (error) {
    return said((error as Error).message, true)
  }
}
