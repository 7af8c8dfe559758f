import { createRoute, z } from '@hono/zod-openapi'
import type { App } from '../admission.ts'
import { skill } from '../agent-client.ts'
import { doorProblems, json, problems, withToken } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'

const listSkills = createRoute({
  method: 'get',
  path: '/v1/skills',
  operationId: 'listSkills',
  security: withToken,
  responses: {
    200: json(z.object({ skills: z.array(skill.openapi('Skill')) }), 'What agents can use'),
    ...doorProblems(),
    ...problems(502, 503, 504),
  },
})

/** What agents can use, with the permissions each skill declares. */
export function addSkillRoutes(app: App, { agent }: GatewayParts): void {
  app.openapi(listSkills, async (context) =>
    context.json({ skills: await agent.skills(context.get('requestId')) }, 200),
  )
}
