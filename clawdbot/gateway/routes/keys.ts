import { createRoute, z } from '@hono/zod-openapi'
import type { App } from '../admission.ts'
import { doorProblems, json, jsonBody, problems, withToken } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'

const name = z.string().trim().min(1).max(100)
const scope = z.array(z.string().min(1).max(100)).max(100)
const roles = z
  .array(z.enum(['user', 'admin']))
  .min(1)
  .max(2)
const days = z.int().min(1).max(365)
const newKey = z
  .strictObject({
    caller: name,
    user: name.optional(),
    roles: roles.default(['user']),
    agents: scope.default(['*']),
    tools: scope.default(['*']),
    days: days.default(90),
  })
  .openapi('NewKey')
const rotation = z
  .strictObject({ overlapSeconds: z.int().min(0).max(604_800).default(3600), days: days.default(90) })
  .openapi('KeyRotation')
const listed = z
  .object({
    id: z.string(),
    caller: z.string(),
    user: z.string(),
    roles: z.array(z.string()),
    agents: z.array(z.string()),
    tools: z.array(z.string()),
    expiresAt: z.string(),
  })
  .openapi('Key')
const made = z.object({ id: z.string(), token: z.string(), expiresAt: z.string() })
const params = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/) })
const changes = { ...doorProblems(), ...problems(400, 403, 404, 413, 415, 503) }

const listKeys = createRoute({
  method: 'get',
  path: '/v1/admin/keys',
  operationId: 'listKeys',
  security: withToken,
  responses: {
    200: json(z.object({ keys: z.array(listed) }), 'Who holds a key, and until when; no key itself'),
    ...doorProblems(),
    ...problems(403),
  },
})

const makeKey = createRoute({
  method: 'post',
  path: '/v1/admin/keys',
  operationId: 'makeKey',
  security: withToken,
  request: { body: jsonBody(newKey) },
  responses: { 201: json(made, 'The key; it is told only here'), ...changes },
})

const rotateKey = createRoute({
  method: 'post',
  path: '/v1/admin/keys/{id}/rotate',
  operationId: 'rotateKey',
  security: withToken,
  request: { params, body: jsonBody(rotation) },
  responses: {
    201: json(made.extend({ previousEndsAt: z.string() }), 'The new key; the old one works until then'),
    ...changes,
  },
})

const revokeKey = createRoute({
  method: 'delete',
  path: '/v1/admin/keys/{id}',
  operationId: 'revokeKey',
  security: withToken,
  request: { params },
  responses: { 204: { description: 'The key works no more' }, ...changes },
})

const DAY_MS = 86_400_000

/** Keys of callers: made, replaced with an overlap, taken back. The role is checked at the door. */
export function addKeyRoutes(app: App, { keys }: GatewayParts): void {
  app.openapi(listKeys, (context) => context.json({ keys: keys.list() }, 200))
  app.openapi(makeKey, async (context) => {
    const { days: forDays, user, ...holder } = context.req.valid('json')
    const expiresAt = new Date(Date.now() + forDays * DAY_MS).toISOString()
    return context.json(await keys.make({ ...holder, user: user ?? holder.caller, expiresAt }), 201)
  })
  app.openapi(rotateKey, async (context) => {
    const { overlapSeconds, days: forDays } = context.req.valid('json')
    return context.json(await keys.rotate(context.req.valid('param').id, overlapSeconds, forDays), 201)
  })
  app.openapi(revokeKey, async (context) => {
    await keys.revoke(context.req.valid('param').id)
    return context.body(null, 204)
  })
}
