import { createRoute, z } from '@hono/zod-openapi'
import type { Component } from '../../runtime/component.ts'
import { healthBody, readyBody } from '../../runtime/probes.ts'
import type { App } from '../admission.ts'
import { json } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'

const identity = { version: z.string(), instance: z.string() }
const health = z.object({ status: z.literal('ok'), ...identity }).openapi('Health')
const ready = z
  .object({
    status: z.enum(['ready', 'not-ready', 'draining']),
    ...identity,
    database: z
      .object({
        ok: z.boolean(),
        connections: z.int(),
        roundTripMs: z.number(),
        schema: z.int(),
        needed: z.int(),
        error: z.string().optional(),
      })
      .optional(),
    dependencies: z.record(z.string(), z.object({ ok: z.boolean(), error: z.string().optional() })),
  })
  .openapi('Ready')

const getHealth = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'getHealth',
  responses: { 200: json(health, 'The process answers') },
})

const getReady = createRoute({
  method: 'get',
  path: '/ready',
  operationId: 'getReady',
  responses: {
    200: json(ready, 'Requests are welcome'),
    503: json(ready, 'A dependency is missing, or draining'),
  },
})

const getMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'getMetrics',
  responses: {
    200: { description: 'Prometheus text format', content: { 'text/plain': { schema: z.string() } } },
  },
})

/** What operators and balancers ask; open to all, behind the network's own border. */
export function addProbeRoutes(app: App, parts: GatewayParts, component: Component): void {
  app.openapi(getHealth, (context) => context.json(healthBody(component.identity), 200))
  app.openapi(getReady, async (context) => {
    const { code, body } = readyBody(component.identity, component.drain, await parts.readiness())
    return context.json(body, code)
  })
  app.openapi(getMetrics, async (context) => {
    const { registry } = component.metrics
    return context.text(await registry.metrics(), 200, { 'content-type': registry.contentType })
  })
}
