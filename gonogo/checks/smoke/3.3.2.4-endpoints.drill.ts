import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const except = { '/v1/notes/{id}': 'needs a note' }
const config = { tokens: { '/v1/admin/log-level': 'adminToken' }, except }
const level = (reply: { status: number; body?: string | object }) => answeringOn('/v1/admin/log-level', reply)
const answeringOn =
  (wanted: string, reply: { status: number; body?: string | object }) =>
  (request: { path: string }, next: () => { status: number }) =>
    request.path === wanted ? reply : next()

export const drill = serviceDrill('3.3.2.4', config, [
  answering('a field that is missing', level({ status: 200, body: {} })),
  answering('another type', level({ status: 200, body: { level: 7 } })),
  answering('a page instead of JSON', level({ status: 200, body: '<html>info</html>' })),
  answering('a status that the document does not name', level({ status: 202, body: { level: 'info' } })),
  answering('500', level({ status: 500, body: { detail: 'boom' } })),
  answering('404 for a route of the document', level({ status: 404, body: { detail: 'no such route' } })),
  answering(
    'a document without operations',
    answeringOn('/openapi.json', {
      status: 200,
      body: { openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: {} },
    }),
    'unknown',
  ),
  configured('an operation that needs what nobody gave', 'unknown', { tokens: config.tokens }),
  configured('every operation left out', 'unknown', {
    except: { ...except, '/health': 'x', '/ready': 'x', '/v1/notes': 'x', '/v1/admin/log-level': 'x' },
  }),
])
