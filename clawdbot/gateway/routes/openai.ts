import { text } from 'node:stream/consumers'
import { createRoute, z } from '@hono/zod-openapi'
import { AGENTS } from '../../agents.ts'
import type { App } from '../admission.ts'
import { doorProblems, json, jsonBody, problems, withToken } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'
import { covers } from '../principal.ts'
import { requireAgent, requireScope } from './agents.ts'
import { completionEvents } from './completion-events.ts'
import { streamed } from './event-stream.ts'
import { chatCompletion, chatRequest, completion, messageFrom } from './openai-format.ts'

const model = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
})

const listModels = createRoute({
  method: 'get',
  path: '/v1/models',
  operationId: 'listModels',
  security: withToken,
  responses: {
    200: json(
      z.object({ object: z.literal('list'), data: z.array(model) }),
      'Agents, as models, and the models that can be used without an agent',
    ),
    ...doorProblems(),
  },
})

const createChatCompletion = createRoute({
  method: 'post',
  path: '/v1/chat/completions',
  operationId: 'createChatCompletion',
  security: withToken,
  request: { body: jsonBody(chatRequest) },
  responses: {
    200: {
      description: 'The completion; with `stream` as chunks',
      content: { 'application/json': { schema: completion }, 'text/event-stream': { schema: z.string() } },
    },
    ...doorProblems(),
    ...problems(400, 403, 404, 413, 415, 502, 503, 504),
  },
})

/**
 * The same agents for clients that speak the OpenAI format: the model's name is the agent's id. A declared model is
 * used as it is, with the caller's own tools and instructions, and none of an agent's.
 */
export function addOpenAiRoutes(app: App, parts: GatewayParts): void {
  app.openapi(listModels, (context) => {
    const { agents } = context.get('principal')
    const ids = [...AGENTS.map(({ id }) => id), ...(parts.models?.models ?? [])]
    const data = ids
      .filter((id) => covers(agents, id))
      .map((id) => {
        return { id, object: 'model' as const, created: 0, owned_by: 'clawdbot' }
      })
    return context.json({ object: 'list' as const, data }, 200)
  })
  app.openapi(createChatCompletion, async (context) => {
    const request = context.req.valid('json')
    const principal = context.get('principal')
    if (parts.models?.models.includes(request.model)) {
      requireScope(request.model, principal)
      const signal = request.stream ? context.req.raw.signal : undefined
      const { status, contentType, body } = await parts.models.complete(await context.req.text(), signal)
      if (request.stream) return streamed(context, body, contentType, status) as never
      return context.body(await text(body), status as 200, { 'content-type': contentType }) as never
    }
    requireAgent(request.model, principal)
    const { user, tools } = principal
    const requestId = context.get('requestId')
    const message = { ...messageFrom(request), user, tools }
    if (request.stream) {
      const events = await parts.agent.stream(request.model, message, requestId)
      return streamed(
        context,
        completionEvents(requestId, request.model, events),
        'text/event-stream',
      ) as never
    }
    const answer = await parts.agent.send(request.model, message, requestId)
    return context.json(chatCompletion(requestId, request, answer), 200)
  })
}
