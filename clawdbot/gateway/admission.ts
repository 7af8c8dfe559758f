import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { Counter, type Registry } from 'prom-client'
import { answerProblem } from '../runtime/problem.ts'
import type { Limiter } from './limiter.ts'
import type { Authenticate, Principal } from './principal.ts'

/** What handlers behind the door know of a request. */
export interface GatewayEnvironment {
  Variables: { requestId: string; caller: string; principal: Principal }
}

/** The app every group of routes adds itself to. */
export type App = OpenAPIHono<GatewayEnvironment>

type Middleware = MiddlewareHandler<GatewayEnvironment>

const DETAILS = {
  no_token: 'send a token as Authorization: Bearer TOKEN',
  bad_token: 'the token is not known here',
  expired_token: 'the token has expired; use the one that replaced it',
}

/** Lets nobody past without a known token (401). */
export function requireToken(authenticate: Authenticate): Middleware {
  return async (context, next) => {
    const { method, path } = context.req
    const found = await authenticate({ authorization: context.req.header('authorization'), method, path })
    if ('refused' in found) {
      const { refused: code } = found
      return answerProblem(context, { status: 401, code, title: 'Not authenticated', detail: DETAILS[code] })
    }
    context.set('principal', found)
    context.set('caller', found.caller)
    return next()
  }
}

/** Lets nobody past without the role (403). */
export function requireRole(role: string): Middleware {
  return async (context, next) => {
    if (context.get('principal').roles.includes(role)) return next()
    const detail = `this needs the role ${role}`
    return answerProblem(context, { status: 403, code: 'wrong_role', title: 'Not allowed', detail })
  }
}

/** Holds each caller to the limit (429 with Retry-After) and tells it what is left. */
export function limitRate(limiter: Limiter, perMinute: number, registry: Registry): Middleware {
  const decisions = new Counter({
    name: 'rate_limit_decisions_total',
    help: 'Requests admitted or refused by the rate limit',
    labelNames: ['decision'],
    registers: [registry],
  })
  return async (context, next) => {
    const admission = await limiter(context.get('caller'))
    decisions.inc({ decision: admission.admitted ? 'admitted' : 'refused' })
    context.header('ratelimit-limit', String(perMinute))
    if (admission.admitted) {
      context.header('ratelimit-remaining', String(admission.remaining))
      return next()
    }
    return answerProblem(context, {
      status: 429,
      code: 'rate_limited',
      title: 'Too many requests',
      detail: `at most ${perMinute} requests a minute; wait as long as Retry-After says`,
      retryAfterSeconds: admission.retryAfterSeconds,
    })
  }
}
