import { DRILL_ACCESS } from './drill-access.ts'
import type { DrillRequest } from './drill-service-routes.ts'
import { answering, configured, serviceDrill } from './service-drill.ts'

const notes = { path: '/v1/notes', allow: ['user', 'admin'] }
const admin = { path: '/v1/admin/log-level', allow: ['admin'] }
const level = { status: 200, body: { level: 'info' } }

const holds = ({ headers }: DrillRequest, key: string): boolean =>
  headers.authorization === `Bearer ${DRILL_ACCESS[key]}`

/** The drill of an access matrix: each kind of caller let in where it must not be, and matrices that would prove nothing. */
export const matrixDrill = (item: string) =>
  serviceDrill(item, { endpoints: [notes, admin] }, [
    answering('users may do what admins may', (request, next) =>
      request.path === admin.path && holds(request, 'userToken') ? level : next(),
    ),
    answering('a route without a door', (request, next) => (request.path === admin.path ? level : next())),
    answering('expired tokens are taken', (request, next) =>
      holds(request, 'expiredToken') && request.path === notes.path
        ? { status: 200, body: { notes: [] } }
        : next(),
    ),
    answering('any token is taken for an admin’s', (request, next) =>
      request.path === admin.path && request.headers.authorization !== undefined ? level : next(),
    ),
    answering('a missing route taken for a refusal', (request, next) =>
      request.path === admin.path && !holds(request, 'adminToken') ? { status: 404, body: {} } : next(),
    ),
    answering('admins are refused, too', (request, next) =>
      request.path === admin.path ? { status: 403, body: {} } : next(),
    ),
    answering(
      'a rate limit taken for a refusal',
      (request, next) =>
        holds(request, 'userToken') && request.path === admin.path ? { status: 429, body: {} } : next(),
      'unknown',
    ),
    configured('a matrix without a denied row', 'unknown', { endpoints: [notes] }),
    configured('a matrix that allows nobody anything', 'unknown', { endpoints: [{ ...admin, allow: [] }] }),
    configured('a caller whom nobody knows', 'unknown', { endpoints: [{ ...admin, allow: ['root'] }] }),
    configured('no expired token declared', 'unknown', { endpoints: [notes, admin], expired: 'goneToken' }),
  ])
