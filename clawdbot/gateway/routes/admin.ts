import { createRoute, z } from '@hono/zod-openapi'
import type { Log } from '../../runtime/log.ts'
import type { App } from '../admission.ts'
import { doorProblems, json, jsonBody, problems, withToken } from '../openapi.ts'

const logLevel = z
  .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) })
  .openapi('LogLevel')

const getLogLevel = createRoute({
  method: 'get',
  path: '/v1/admin/log-level',
  operationId: 'getLogLevel',
  security: withToken,
  responses: { 200: json(logLevel, 'The level in force'), ...doorProblems(), ...problems(403) },
})

const setLogLevel = createRoute({
  method: 'put',
  path: '/v1/admin/log-level',
  operationId: 'setLogLevel',
  security: withToken,
  request: { body: jsonBody(logLevel) },
  responses: {
    200: json(logLevel, 'The level now in force, until the next start'),
    ...doorProblems(),
    ...problems(400, 403, 413, 415),
  },
})

/** What operators change while the process runs. The role is checked at the door. */
export function addAdminRoutes(app: App, log: Log): void {
  const current = () => ({ level: log.level as z.infer<typeof logLevel>['level'] })
  app.openapi(getLogLevel, (context) => context.json(current(), 200))
  app.openapi(setLogLevel, (context) => {
    const { level } = context.req.valid('json')
    log.info(
      { id: context.get('requestId'), caller: context.get('caller'), from: log.level, to: level },
      'log level set',
    )
    log.level = level
    return context.json(current(), 200)
  })
}
