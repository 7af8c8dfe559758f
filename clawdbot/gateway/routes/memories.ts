import { createRoute, z } from '@hono/zod-openapi'
import type { App } from '../admission.ts'
import { doorProblems, json, problems, withToken } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'

const listMemories = createRoute({
  method: 'get',
  path: '/v1/memories',
  operationId: 'listMemories',
  security: withToken,
  responses: {
    200: json(
      z.object({ memories: z.array(z.string()) }),
      'What agents remember of the caller, oldest first',
    ),
    ...doorProblems(),
    ...problems(503),
  },
})

const deleteMemories = createRoute({
  method: 'delete',
  path: '/v1/memories',
  operationId: 'deleteMemories',
  security: withToken,
  responses: {
    200: json(z.object({ forgotten: z.int() }), 'Facts and conversations of the caller are gone'),
    ...doorProblems(),
    ...problems(503),
  },
})

/** What agents remember of the caller, for the caller to see and to end. */
export function addMemoryRoutes(app: App, { memories }: GatewayParts): void {
  app.openapi(listMemories, async (context) =>
    context.json({ memories: await memories().recall(context.get('principal').user) }, 200),
  )
  app.openapi(deleteMemories, async (context) =>
    context.json({ forgotten: await memories().forget(context.get('principal').user) }, 200),
  )
}
