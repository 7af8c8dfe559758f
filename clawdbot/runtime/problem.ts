import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** An expected refusal or failure, answered as an RFC 9457 problem. `code` is stable, `detail` is for people. */
export interface Problem {
  status: ContentfulStatusCode
  code: string
  title: string
  detail: string
  errors?: readonly { path: string; message: string }[]
  retryAfterSeconds?: number
}

/** Thrown by handlers for an expected refusal; the error handler answers it. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** The problem as application/problem+json, with the request's id, so that a caller can quote it. */
export function answerProblem(context: Context, problem: Problem): Response {
  const { retryAfterSeconds, status, ...rest } = problem
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)))
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="clawdbot"'
  const body = {
    type: `urn:clawdbot:problem:${rest.code}`,
    status,
    ...rest,
    requestId: context.get('requestId'),
  }
  return context.body(JSON.stringify(body), status, headers)
}
