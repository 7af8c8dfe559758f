import { DRILL_ACCESS } from './drill-access.ts'
import type { DrillReply, DrillRequest } from './drill-service-routes.ts'
import { answering, configured, serviceDrill } from './service-drill.ts'

const config = { path: '/v1/notes', most: 200, recoverWithin: 3 }
const served: DrillReply = { status: 200, body: { notes: [] } }
const refused = (headers: Record<string, string> = { 'retry-after': '1' }): DrillReply => ({
  status: 429,
  headers,
  body: {},
})
const isOther = ({ headers }: DrillRequest) => headers.authorization === `Bearer ${DRILL_ACCESS.otherToken}`

let shared = 0

/** What must turn every rate-limit item red, wherever it looks. */
export const shortRateLimitDrill = (item: string) =>
  serviceDrill(item, config, [
    answering('no limit', () => served),
    answering('429 from the first request on', () => refused(), 'unknown'),
  ])

/** The drill of a rate limit: none, one for all, one that never ends, one that says nothing of when to come back. */
export const rateLimitDrill = (item: string) =>
  serviceDrill(item, config, [
    answering('no limit', () => served),
    answering('one limit for all callers', () => {
      shared++
      return shared <= 10 ? served : refused()
    }),
    answering('429 without Retry-After', (request, next) => {
      const reply = next()
      return reply.status === 429 ? refused({ 'retry-after': '' }) : isOther(request) ? reply : served
    }),
    answering('a lockout that outlives its Retry-After', lockout(), 'fail'),
    answering('an hour of Retry-After', (_request, next) => {
      const reply = next()
      return reply.status === 429 ? refused({ 'retry-after': '3600' }) : reply
    }),
    answering('503 instead of 429', (_request, next) => {
      const reply = next()
      return reply.status === 429 ? { status: 503, body: {} } : reply
    }),
    answering('429 from the first request on', () => refused(), 'unknown'),
    configured('one token for both callers', 'unknown', { ...config, other: 'otherToken' }),
  ])

function lockout() {
  let isLocked = false
  return (request: DrillRequest, next: () => DrillReply): DrillReply => {
    const reply = next()
    if (reply.status === 429) isLocked = true
    return isLocked && isOther(request) ? refused() : reply
  }
}
