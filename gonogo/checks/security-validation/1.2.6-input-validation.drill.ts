import type { DrillReply, DrillRequest } from '../live/drill-service-routes.ts'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const note = { title: 'a probe', text: 'of the drill' }
const write = { method: 'POST', path: '/v1/notes', body: note, save: { id: '/id' } }
const one = { parameters: { id: '{{id}}' }, before: [write] }
const config = {
  valid: {
    'POST /v1/notes': { body: note, after: [{ method: 'DELETE', path: '/v1/notes/{{id}}' }] },
    'GET /v1/notes/{id}': { ...one, after: [{ method: 'DELETE', path: '/v1/notes/{{id}}' }] },
    'DELETE /v1/notes/{id}': one,
  },
}

/** No limit in the way: the drill's own is for another item. */
const unlimited = (_request: DrillRequest, next: () => DrillReply): DrillReply => next()
const isWrite = ({ method, path }: DrillRequest) => method === 'POST' && path === '/v1/notes'
/** What the service refuses, answered in another way. */
const refusing = (name: string, reply: DrillReply) =>
  answering(name, (request, next) => {
    const own = next()
    return isWrite(request) && own.status >= 400 && own.status < 429 ? reply : own
  })

export const drill = serviceDrill(
  '1.2.6',
  config,
  [
    refusing('500 for malformed input', { status: 500, body: { detail: 'boom' } }),
    refusing('malformed input is served', { status: 201, body: { id: 'x', ...note } }),
    refusing('401 taken for validation', { status: 401, body: { detail: 'no' } }),
    refusing('404 taken for validation', { status: 404, body: { detail: 'no such route' } }),
    refusing('a refusal without a word', { status: 400, body: {} }),
    refusing('a refusal as a page', { status: 400, body: '<html>bad request</html>' }),
    answering('valid input is refused, too', (request, next) =>
      isWrite(request) ? { status: 400, body: { detail: 'no' } } : next(),
    ),
    answering('a wrong id ends in 500', (request, next) =>
      request.path.includes('%00') ? { status: 500, body: { detail: 'boom' } } : next(),
    ),
    answering(
      'a rate limit in the way',
      (request, next) => (isWrite(request) ? { status: 429, body: {} } : next()),
      'unknown',
    ),
    answering(
      'a document without operations',
      ({ path }, next) =>
        path === '/openapi.json'
          ? { status: 200, body: { openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: {} } }
          : next(),
      'unknown',
    ),
    configured('an operation without a control', 'unknown', {
      valid: { 'POST /v1/notes': config.valid['POST /v1/notes'] },
    }),
    configured('every operation left out', 'unknown', {
      valid: {},
      except: { 'POST /v1/notes': 'x', 'GET /v1/notes/{id}': 'x', 'DELETE /v1/notes/{id}': 'x' },
    }),
  ],
  unlimited,
)
