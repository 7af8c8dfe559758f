import { randomUUID } from 'node:crypto'
import { DRILL_ACCESS } from './drill-access.ts'
import { drillOpenApi } from './drill-service-openapi.ts'

export type DrillRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** `body`: an object is sent as JSON; text as `text/html` unless the headers say otherwise. */
export type DrillReply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

/** Requests a caller may make at once; one more comes back every 100 ms. */
export const DRILL_LIMIT = 20
const REFILL_MS = 100
const MAX_BODY = 16_384

type Note = { id: string; title: string; text: string }

/** The service's own, healthy answers. State lives as long as the returned function. */
export function drillRoutes(version = '1.1.0'): (request: DrillRequest) => DrillReply {
  const notes = new Map<string, Note>()
  const takes = limiter()
  return (request) => {
    const cors = corsHeaders(request)
    if (request.method === 'OPTIONS') return { status: 204, headers: cors }
    const reply = publicReply(request, version) ?? guarded(request, takes) ?? noteReply(request, notes)
    return { ...reply, headers: { ...cors, ...reply.headers } }
  }
}

function publicReply({ method, path }: DrillRequest, version: string): DrillReply | null {
  if (method !== 'GET') return null
  if (path === '/health') return { status: 200, body: { status: 'ok', version, instance: 'gateway-1' } }
  if (path === '/openapi.json') return { status: 200, body: drillOpenApi(version) }
  if (path !== '/ready') return null
  const database = { ok: true, connections: 1, roundTripMs: 0.4, schema: 2, needed: 2 }
  const body = {
    status: 'ready',
    version,
    instance: 'gateway-1',
    database,
    dependencies: { model: { ok: true } },
  }
  return { status: 200, body }
}

/** Who may not pass, and who comes too often; null for those who may go on. */
function guarded(request: DrillRequest, takes: (caller: string) => boolean): DrillReply | null {
  if (!request.path.startsWith('/v1/')) return problem(404, 'unknown route')
  const token = request.headers.authorization?.replace(/^Bearer /, '')
  const { userToken, otherToken, adminToken } = DRILL_ACCESS
  if (token === undefined || ![userToken, otherToken, adminToken].includes(token))
    return problem(401, 'send a token that is known here')
  if (!takes(token)) return problem(429, 'too many requests', { 'retry-after': '1' })
  if (request.path === '/v1/admin/log-level' && token !== adminToken)
    return problem(403, 'needs the role admin')
  return null
}

function noteReply({ method, path, headers, body }: DrillRequest, notes: Map<string, Note>): DrillReply {
  if (path === '/v1/admin/log-level') return { status: 200, body: { level: 'info' } }
  if (path === '/v1/notes' && method === 'GET') return { status: 200, body: { notes: [...notes.values()] } }
  if (path === '/v1/notes' && method === 'POST') {
    if (!headers['content-type']?.startsWith('application/json')) return problem(415, 'send JSON')
    if (body.length > MAX_BODY) return problem(413, 'body too large')
    if (body.includes('\uFFFD')) return problem(400, 'the body is not UTF-8')
    const note = readNote(body)
    if (!note) return problem(400, 'title and text must be strings, title not empty')
    notes.set(note.id, note)
    return { status: 201, body: note }
  }
  const id = /^\/v1\/notes\/([^/?]+)$/.exec(path)?.[1]
  if (id === undefined) return problem(404, 'unknown route')
  if (!/^[0-9a-f-]{36}$/.test(id)) return problem(400, 'id must be a UUID')
  const note = notes.get(id)
  if (!note) return problem(404, 'no such note')
  if (method === 'GET') return { status: 200, body: note }
  notes.delete(id)
  return { status: 204 }
}

function readNote(body: string): Note | null {
  try {
    const { title, text, ...rest } = JSON.parse(body) as Record<string, unknown>
    if (typeof title !== 'string' || title === '' || title.length > 200) return null
    if (typeof text !== 'string' || Object.keys(rest).length > 0) return null
    return { id: randomUUID(), title, text }
  } catch {
    return null
  }
}

const problem = (status: number, detail: string, headers: Record<string, string> = {}): DrillReply => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: { status, detail },
})

function corsHeaders({ method, headers }: DrillRequest): Record<string, string> {
  if (headers.origin !== DRILL_ACCESS.allowedOrigin) return { vary: 'Origin' }
  const preflight = {
    'access-control-allow-methods': 'GET,POST,DELETE',
    'access-control-allow-headers': 'authorization,content-type',
  }
  return {
    vary: 'Origin',
    'access-control-allow-origin': headers.origin ?? '',
    ...(method === 'OPTIONS' ? preflight : {}),
  }
}

/** A token bucket per caller. */
function limiter(): (caller: string) => boolean {
  const buckets = new Map<string, { left: number; at: number }>()
  return (caller) => {
    const now = performance.now()
    const bucket = buckets.get(caller) ?? { left: DRILL_LIMIT, at: now }
    const left = Math.min(DRILL_LIMIT, bucket.left + (now - bucket.at) / REFILL_MS)
    buckets.set(caller, { left: left >= 1 ? left - 1 : left, at: now })
    return left >= 1
  }
}
