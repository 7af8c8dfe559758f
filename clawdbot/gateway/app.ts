import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Component } from '../runtime/component.ts'
import { answerUnknown, errorHandler, observeRequests } from '../runtime/observe.ts'
import { answerProblem } from '../runtime/problem.ts'
import { type App, type GatewayEnvironment, limitRate, requireRole, requireToken } from './admission.ts'
import type { GatewayConfiguration } from './configuration.ts'
import { describeApi } from './openapi.ts'
import type { GatewayParts } from './parts.ts'
import { dropUnreadBody, readBody } from './read-body.ts'
import { addAdminRoutes } from './routes/admin.ts'
import { addAgentRoutes } from './routes/agents.ts'
import { addKeyRoutes } from './routes/keys.ts'
import { addMemoryRoutes } from './routes/memories.ts'
import { addNoteRoutes } from './routes/notes.ts'
import { addOpenAiRoutes } from './routes/openai.ts'
import { addPinnedNoteRoutes } from './routes/pinned-notes.ts'
import { addProbeRoutes } from './routes/probes.ts'
import { addSkillRoutes } from './routes/skills.ts'

const LARGEST_BODY_BYTES = 64 * 1024

/** The gateway's routes behind its doors, in the order in which a request meets them. */
export function createApp(
  parts: GatewayParts,
  component: Component,
  configuration: GatewayConfiguration,
): App {
  const { log, metrics } = component
  const app: App = new OpenAPIHono<GatewayEnvironment>({ defaultHook: refuseInvalid })
  app.use(observeRequests(metrics, parts.writeRecord))
  app.use(sayWhoServes(component.identity))
  app.use(dropUnreadBody)
  for (const middleware of parts.middleware) app.use(middleware)
  app.use(crossOrigin(parts.allowsOrigin))
  addProbeRoutes(app, parts, component)
  app.use('/v1/*', requireToken(parts.authenticate))
  app.use('/v1/*', limitRate(parts.limiter, configuration.RATE_LIMIT_PER_MINUTE, metrics.registry))
  app.use('/v1/admin/*', requireRole('admin'))
  app.use('/v1/*', readBody(LARGEST_BODY_BYTES))
  addAgentRoutes(app, parts)
  addMemoryRoutes(app, parts)
  addNoteRoutes(app, parts)
  addPinnedNoteRoutes(app, parts)
  addSkillRoutes(app, parts)
  addOpenAiRoutes(app, parts)
  addAdminRoutes(app, log)
  addKeyRoutes(app, parts)
  describeApi(app, component.identity.version)
  app.notFound(answerUnknown)
  app.onError(errorHandler(log))
  return app
}

/** For whoever counts what each version answers, where no router adds it. */
function sayWhoServes({ version, instance }: Component['identity']): MiddlewareHandler {
  return (context, next) => {
    context.header('x-served-by', `${version}/${instance}`)
    return next()
  }
}

/** Only requests with an Origin are a matter of CORS; the others are told no more than that answers differ by it. */
function crossOrigin(allowsOrigin: (origin: string) => boolean): MiddlewareHandler {
  const handle = cors({
    origin: (origin) => (allowsOrigin(origin) ? origin : null),
    allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'x-request-id'],
    exposeHeaders: ['x-request-id', 'retry-after', 'ratelimit-limit', 'ratelimit-remaining'],
    maxAge: 600,
  })
  return (context, next) => {
    if (context.req.header('origin') !== undefined) return handle(context, next)
    context.header('vary', 'Origin')
    return next()
  }
}

type Hook = NonNullable<
  NonNullable<ConstructorParameters<typeof OpenAPIHono<GatewayEnvironment>>[0]>['defaultHook']
>

const refuseInvalid: Hook = (result, context) => {
  if (result.success) return
  const errors = result.error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ path: path.join('.'), message }))
  return answerProblem(context, {
    status: 400,
    code: 'invalid_input',
    title: 'Invalid input',
    detail: `${result.target}: ${errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')}`,
    errors,
  })
}
