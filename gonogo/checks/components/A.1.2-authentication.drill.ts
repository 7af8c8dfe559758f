import { DRILL_ACCESS } from '../live/drill-access.ts'
import type { DrillRequest } from '../live/drill-service-routes.ts'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const served = { status: 200, body: { notes: [] } }
const tokenOf = ({ headers }: DrillRequest): string | undefined =>
  headers.authorization?.replace('Bearer ', '')
const isInside = ({ path }: DrillRequest): boolean => path.startsWith('/v1/')
const header = (token: string | undefined): { alg?: string } => {
  try {
    return JSON.parse(Buffer.from(token?.split('.')[0] ?? '', 'base64url').toString()) as { alg?: string }
  } catch {
    return {}
  }
}
/** Lets in whom the rule names. */
const lettingIn = (name: string, rule: (request: DrillRequest) => boolean) =>
  answering(name, (request, next) => (isInside(request) && rule(request) ? served : next()))

export const drill = serviceDrill('A.1.2', {}, [
  lettingIn('one route without a door', ({ path, method }) => path === '/v1/notes' && method === 'POST'),
  lettingIn('no token is needed', (request) => tokenOf(request) === undefined),
  lettingIn('an expired token is taken', (request) => tokenOf(request) === DRILL_ACCESS.expiredToken),
  lettingIn('alg: none is taken', (request) => header(tokenOf(request)).alg === 'none'),
  lettingIn('any JWT is taken, whoever signed it', (request) => header(tokenOf(request)).alg === 'HS256'),
  answering('404 taken for a refusal', (request, next) =>
    next().status === 401 && isInside(request) ? { status: 404, body: {} } : next(),
  ),
  answering('everyone is refused', (request, next) =>
    isInside(request) ? { status: 401, body: {} } : next(),
  ),
  configured('every route is called public', 'unknown', {
    public: ['/health', '/ready', '/v1/notes', '/v1/notes/{id}', '/v1/admin/log-level'],
  }),
])
