import { DRILL_ACCESS } from '../live/drill-access.ts'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const bearer = (key: string) => `Bearer ${DRILL_ACCESS[key]}`
const isNotes = (path: string) => path === '/v1/notes'
const served = { status: 200, body: { notes: [] } }

export const drill = serviceDrill('3.3.2.1', { path: '/v1/notes' }, [
  answering('served without a token', ({ path, headers }, next) =>
    isNotes(path) && headers.authorization === undefined ? served : next(),
  ),
  answering('any token will do', ({ path, headers }, next) =>
    isNotes(path) && headers.authorization !== undefined ? served : next(),
  ),
  answering('the user’s token is refused', ({ headers }, next) =>
    headers.authorization === bearer('userToken')
      ? { status: 401, body: { detail: 'unknown token' } }
      : next(),
  ),
  answering('a missing route taken for a refusal', ({ path, headers }, next) =>
    isNotes(path) && headers.authorization !== bearer('userToken')
      ? { status: 404, body: { detail: 'no such route' } }
      : next(),
  ),
  answering('a page instead of notes', ({ path, headers }, next) =>
    isNotes(path) && headers.authorization === bearer('userToken') ? { status: 200, body: '<html>' } : next(),
  ),
  configured('a token that is not declared', 'unknown', { path: '/v1/notes', token: 'nobodysToken' }),
])
