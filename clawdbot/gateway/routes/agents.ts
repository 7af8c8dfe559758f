import { createRoute, z } from '@hono/zod-openapi'
import { AGENTS } from '../../agents.ts'
import { ProblemError } from '../../runtime/problem.ts'
import { storedText } from '../../text/stored-text.ts'
import type { App } from '../admission.ts'
import { agentAnswer } from '../agent-client.ts'
import { doorProblems, json, jsonBody, problems, withToken } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'
import { covers, type Principal } from '../principal.ts'
import { streamed } from './event-stream.ts'

const agent = z.object({ id: z.string(), name: z.string(), description: z.string() }).openapi('Agent')
const answer = agentAnswer.openapi('AgentAnswer')
const agentId = z.object({ id: z.string().regex(/^[a-z0-9-]{1,40}$/) })
const message = z
  .strictObject({
    text: storedText.trim().min(1).max(20_000),
    conversation: z
      .string()
      .regex(/^[\w.:-]{1,100}$/)
      .optional(),
  })
  .openapi('AgentMessage')

const listAgents = createRoute({
  method: 'get',
  path: '/v1/agents',
  operationId: 'listAgents',
  security: withToken,
  responses: {
    200: json(z.object({ agents: z.array(agent) }), 'Agents the token may talk to'),
    ...doorProblems(),
  },
})

const sendMessage = createRoute({
  method: 'post',
  path: '/v1/agents/{id}/messages',
  operationId: 'sendMessage',
  security: withToken,
  request: { params: agentId, body: jsonBody(message) },
  responses: {
    200: {
      description:
        'The answer; with Accept: text/event-stream as events `delta` {text} and `done` {the answer}, or `error` {code, detail}',
      content: { 'application/json': { schema: answer }, 'text/event-stream': { schema: z.string() } },
    },
    ...doorProblems(),
    ...problems(400, 403, 404, 413, 415, 502, 503, 504),
  },
})

/** Talking to agents. */
export function addAgentRoutes(app: App, parts: GatewayParts): void {
  app.openapi(listAgents, (context) => {
    const { agents: scope } = context.get('principal')
    const agents = AGENTS.filter(({ id }) => covers(scope, id))
    return context.json(
      { agents: agents.map(({ id, name, description }) => ({ id, name, description })) },
      200,
    )
  })
  app.openapi(sendMessage, async (context) => {
    const { id } = context.req.valid('param')
    const principal = context.get('principal')
    requireAgent(id, principal)
    const { user, tools } = principal
    const request = { ...context.req.valid('json'), user, tools }
    const requestId = context.get('requestId')
    if (context.req.header('accept')?.includes('text/event-stream'))
      return streamed(context, await parts.agent.stream(id, request, requestId), 'text/event-stream') as never
    return context.json(await parts.agent.send(id, request, requestId), 200)
  })
}

/** @throws ProblemError 404 for an agent that is not there, 403 for one that the token does not cover */
export function requireAgent(id: string, principal: Principal): void {
  if (!AGENTS.some((known) => known.id === id)) {
    const detail = 'there is no such agent; see GET /v1/agents'
    throw new ProblemError({ status: 404, code: 'unknown_agent', title: 'Unknown agent', detail })
  }
  requireScope(id, principal)
}

/** @throws ProblemError 403 for an agent or a model that the token does not cover */
export function requireScope(id: string, { agents: scope }: Principal): void {
  if (covers(scope, id)) return
  const detail = `the token does not cover ${id}`
  throw new ProblemError({ status: 403, code: 'agent_not_allowed', title: 'Not allowed', detail })
}
