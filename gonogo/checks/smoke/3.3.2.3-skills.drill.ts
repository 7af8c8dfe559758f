import type { Intercept } from '../live/drill-service.ts'
import type { DrillRequest } from '../live/drill-service-routes.ts'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

type Rpc = {
  id?: number
  method: string
  params?: { name?: string; arguments?: { text?: string }; protocolVersion?: string }
}
const rpcOf = ({ body }: DrillRequest): Rpc => JSON.parse(body || '{"method":"none"}') as Rpc
const result = (id: number | undefined, value: object) => ({
  status: 200,
  body: { jsonrpc: '2.0', id, result: value },
})
const text = (id: number | undefined, said: string, isError = false) =>
  result(id, { content: [{ type: 'text', text: said }], isError })
const tool = (name: string) => ({ name, description: name, inputSchema: { type: 'object' } })

/** An MCP server (2025-11-25, streamable HTTP without a stream) with two tools. */
const server: Intercept = (request, next) => {
  if (request.path !== '/mcp') return next()
  if (request.method !== 'POST') return { status: 405, body: {} }
  const { id, method, params } = rpcOf(request)
  if (method === 'initialize')
    return result(id, {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'drill', version: '1' },
    })
  if (method.startsWith('notifications/')) return { status: 202 }
  if (method === 'tools/list') return result(id, { tools: [tool('reverse'), tool('count')] })
  if (method !== 'tools/call')
    return { status: 200, body: { jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } } }
  const given = params?.arguments?.text ?? ''
  if (params?.name === 'reverse') return text(id, [...given].reverse().join(''))
  if (params?.name === 'count') return text(id, String(given.split(' ').length))
  return { status: 200, body: { jsonrpc: '2.0', id, error: { code: -32602, message: 'no such tool' } } }
}

/** Another answer to one method, or to calls of one tool. */
const instead =
  (wanted: string, answer: (id: number | undefined) => ReturnType<typeof text>): Intercept =>
  (request, next) => {
    if (request.path !== '/mcp' || request.method !== 'POST') return next()
    const { id, method, params } = rpcOf(request)
    return method === wanted || (method === 'tools/call' && params?.name === wanted) ? answer(id) : next()
  }

const config = {
  component: 'gateway',
  cases: [
    { tool: 'reverse', input: { text: 'drill' }, contains: 'llird' },
    { tool: 'count', input: { text: 'one two three' }, contains: '3' },
  ],
}

export const drill = serviceDrill(
  '3.3.2.3',
  config,
  [
    answering(
      'no tools listed',
      instead('tools/list', (id) => result(id, { tools: [] })),
    ),
    answering(
      'a tool that nobody tries',
      instead('tools/list', (id) =>
        result(id, { tools: [tool('reverse'), tool('count'), tool('delete_all')] }),
      ),
    ),
    answering(
      'a tool that is gone',
      instead('tools/list', (id) => result(id, { tools: [tool('reverse')] })),
    ),
    answering(
      'a wrong output',
      instead('reverse', (id) => text(id, 'drill')),
    ),
    answering(
      'a right output marked as an error',
      instead('reverse', (id) => text(id, 'llird', true)),
    ),
    answering(
      'every call answered, whatever it calls',
      instead('tools/call', (id) => text(id, 'llird 3')),
    ),
    configured('a call that must be refused and is not', 'fail', {
      ...config,
      cases: config.cases.map((one) => ({ ...one, refused: one.tool === 'reverse' })),
    }),
    configured('a component that does not run', 'unknown', { ...config, component: 'skills' }),
  ],
  server,
)
