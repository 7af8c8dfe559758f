import { z } from '@hono/zod-openapi'
import type { App } from './admission.ts'

const problem = z
  .object({
    type: z.string(),
    status: z.int(),
    code: z.string(),
    title: z.string(),
    detail: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem')

const TITLES = {
  400: 'The input is malformed or does not fit',
  401: 'No token, or one that is unknown or expired',
  403: 'The token does not allow this',
  404: 'There is no such thing',
  413: 'The body or the message is too large',
  415: 'The body is not application/json',
  429: 'The caller is over its rate limit; see Retry-After',
  502: 'The agent cannot be reached',
  503: 'The agent or the database is unavailable; see Retry-After',
  504: 'The agent did not answer in time',
}

type ProblemStatus = keyof typeof TITLES
const content = { 'application/problem+json': { schema: problem } }

/** The refusals an operation can answer with, for its `responses`. */
export function problems<Status extends ProblemStatus>(...statuses: readonly Status[]) {
  const entries = statuses.map((status) => [status, { description: TITLES[status], content }])
  return Object.fromEntries(entries) as Record<Status, { description: string; content: typeof content }>
}

/** What every operation behind the door can answer with. */
export const doorProblems = () => problems(401, 429)

/** A JSON answer, for an operation's `responses`. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A JSON body that must be there, for an operation's `request`. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } }
}

/** The `security` of every operation behind the door. */
export const withToken = [{ token: [] }]

/** Serves the document at /openapi.json, made from the routes themselves. */
export function describeApi(app: App, version: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'ClawdBot gateway', version },
    servers: [{ url: '/' }],
  })
  app.get('/openapi.json', (context) => context.json(document))
}
