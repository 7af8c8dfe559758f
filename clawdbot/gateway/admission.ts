import type { MiddlewareHandler } from 'hono'
import { Counter, type Registry } from 'prom-client'
import { answerProblem } from '../runtime/problem.ts'
import type { Limiter } from './limiter.ts'
import type { Authenticate, Principal } from './principal.ts'

/** What handlers behind the door know of a request. */
export interface GatewayEnvironment {
  Variables: { requestId: string; caller: string; principal: Principal }
}

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

/** A body must say that it is JSON (415), so that nothing is guessed. */
export const requireJson: Middleware = async (context, next) => {
  const { method } = context.req
  const type = context.req.header('content-type') ?? ''
  if ((method === 'POST' || method === 'PUT') && !/^application\/json\s*(;|$)/i.test(type))
    return answerProblem(context, {
      status: 415,
      code: 'not_json',
      title: 'Unsupported media type',
      detail: 'send the body as application/json',
    })
  return next()
}

const STRICT = new TextDecoder('utf-8', { fatal: true })

/** JSON is UTF-8 (RFC 8259); other bytes are refused (400), because replacing them would keep what nobody wrote. */
export const requireUtf8: Middleware = async (context, next) => {
  if (!context.req.raw.body) return next()
  const bytes = await context.req.arrayBuffer()
  try {
    STRICT.decode(bytes)
  } catch {
    const detail = 'the body is not UTF-8'
    return answerProblem(context, { status: 400, code: 'not_utf8', title: 'Bad request', detail })
  }
  return next()
}
