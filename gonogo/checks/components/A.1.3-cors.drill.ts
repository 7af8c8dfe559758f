import type { DrillReply, DrillRequest } from '../live/drill-service-routes.ts'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const config = { path: '/v1/notes' }
/** The service's answer with these headers of it changed. */
const withHeaders = (name: string, headers: (request: DrillRequest) => Record<string, string>) =>
  answering(name, (request, next): DrillReply => {
    const reply = next()
    return { ...reply, headers: { ...reply.headers, ...headers(request) } }
  })
const isPreflight = ({ method }: DrillRequest) => method === 'OPTIONS'
const echo = ({ headers }: DrillRequest) => ({ 'access-control-allow-origin': headers.origin ?? '' })

export const drill = serviceDrill('A.1.3', config, [
  withHeaders('every origin is echoed', echo),
  withHeaders('every origin is echoed in preflights only', (request) =>
    isPreflight(request) ? echo(request) : {},
  ),
  withHeaders('* for all', () => ({ 'access-control-allow-origin': '*' })),
  withHeaders('* with credentials', () => ({
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
  })),
  withHeaders('a suffix is enough', (request) =>
    request.headers.origin?.startsWith('https://app.drill.internal') ? echo(request) : {},
  ),
  withHeaders('http is as good as https', (request) =>
    request.headers.origin?.endsWith('//app.drill.internal') ? echo(request) : {},
  ),
  withHeaders('the origin null is taken', (request) =>
    request.headers.origin === 'null' ? echo(request) : {},
  ),
  withHeaders('the allowed origin is forgotten', () => ({
    'access-control-allow-origin': 'https://old.drill.internal',
  })),
  withHeaders('a preflight that does not allow POST', () => ({ 'access-control-allow-methods': 'GET' })),
  withHeaders('a preflight that does not allow the token', () => ({
    'access-control-allow-headers': 'content-type',
  })),
  withHeaders('answers that a cache may mix', () => ({ vary: 'Accept' })),
  configured('no origin declared', 'unknown', { ...config, origin: 'nowhere' }),
])
