import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Context, ErrorHandler, MiddlewareHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import { isDatabaseError } from '../database/connection.ts'
import type { Log } from './log.ts'
import type { ProcessMetrics } from './metrics.ts'
import { answerProblem, ProblemError } from './problem.ts'

/** What a request carries besides its body. `caller` is set once the token is known. */
export interface ObservedVariables {
  requestId: string
  caller?: string
}

/** A line of the request log, before it is written. */
export interface RequestRecord {
  id: string
  method: string
  route: string
  status: number
  durationMs: number
  caller: string | undefined
}

const REQUEST_ID = /^[\w.:-]{1,64}$/

/**
 * Counts and logs every request exactly once: before the answer leaves (so that whoever has the answer finds it
 * counted), or, for an event stream, when the stream has ended.
 * @param write turns the record into a log line
 */
export function observeRequests(
  metrics: ProcessMetrics,
  write: (record: RequestRecord, context: Context) => void,
): MiddlewareHandler {
  return async (context, next) => {
    const started = performance.now()
    const given = context.req.header('x-request-id')
    const id = given && REQUEST_ID.test(given) ? given : randomUUID()
    context.set('requestId', id)
    // Before the answer is there: afterwards it would have to be made anew to gain a header.
    context.header('x-request-id', id)
    metrics.inFlight.inc()
    await next()
    const route = routeOf(context)
    const finish = () => {
      metrics.inFlight.dec()
      const durationMs = performance.now() - started
      const { method } = context.req
      const { status } = context.res
      metrics.countRequest({ method, route, status, durationSeconds: durationMs / 1000 })
      const caller = context.get('caller') as string | undefined
      write({ id, method, route, status, durationMs: Math.round(durationMs * 100) / 100, caller }, context)
    }
    const outgoing = (context.env as { outgoing?: ServerResponse } | undefined)?.outgoing
    const streams = context.res.headers.get('content-type')?.startsWith('text/event-stream')
    if (streams && outgoing) outgoing.once('close', finish)
    else finish()
  }
}

/** Writes the record at info. Only chosen fields: no header, no query, no body can slip in. */
export function requestLogger(log: Log): (record: RequestRecord) => void {
  return (record) => log.info(record, 'request')
}

function routeOf(context: Context): string {
  if (context.req.method === 'OPTIONS') return 'preflight'
  const path = routePath(context, -1)
  if (path.includes('*')) return 'unmatched'
  return path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
}

/** Unknown paths are JSON problems, so that no client takes a page for an answer. */
export const answerUnknown: NotFoundHandler = (context) =>
  answerProblem(context, {
    status: 404,
    code: 'unknown_route',
    title: 'Unknown route',
    detail: `there is no ${context.req.method} ${context.req.path.slice(0, 200)}; see /openapi.json`,
  })

/** Expected refusals keep their status; anything else is a defect: logged with its stack, answered without it. */
export function errorHandler(log: Log): ErrorHandler {
  return (error, context) => {
    if (error instanceof ProblemError) return answerProblem(context, error.problem)
    if (error instanceof HTTPException && error.status < 500) {
      const status = error.status as 400
      return answerProblem(context, {
        status,
        code: 'bad_request',
        title: 'Bad request',
        detail: error.message || 'the request cannot be read',
      })
    }
    const id = context.get('requestId') as string
    if (isDatabaseError(error)) {
      log.error({ id, error: { message: error.message } }, 'database refused')
      return answerProblem(context, {
        status: 503,
        code: 'database_unavailable',
        title: 'Database unavailable',
        detail: 'the database cannot answer; try again',
        retryAfterSeconds: 1,
      })
    }
    log.error({ id, error: { message: error.message, stack: error.stack } }, 'defect')
    return answerProblem(context, {
      status: 500,
      code: 'internal',
      title: 'Internal error',
      detail: 'the request failed by a defect; quote the request id',
    })
  }
}
