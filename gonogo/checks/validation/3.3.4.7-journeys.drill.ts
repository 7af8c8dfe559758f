import { drillRelease } from '../drill-situation.ts'
import type { Intercept } from '../live/drill-service.ts'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const steps = [
  { method: 'POST', path: '/v1/notes', body: { title: '{{unique}}', text: 'seen' }, save: { id: '/id' } },
  { path: '/v1/notes/{{id}}', expect: { '/title': '{{unique}}' } },
  { method: 'DELETE', path: '/v1/notes/{{id}}' },
]
const config = { journeys: [{ name: 'keep a note', steps }] }
const by = (version: string) => ({ 'x-served-by': `${version}/web-1` })
/** What a router adds to each answer. */
const router: Intercept = (_request, next) => {
  const reply = next()
  return { ...reply, headers: { ...reply.headers, ...by(drillRelease().version) } }
}

const common = serviceDrill(
  '3.3.4.7',
  config,
  [
    answering('the old version answers', (_request, next) => {
      const reply = next()
      return { ...reply, headers: { ...reply.headers, ...by('1.0.0') } }
    }),
    answering('a step that fails', ({ method }, next) =>
      method === 'DELETE' ? { status: 500, headers: by(drillRelease().version), body: {} } : next(),
    ),
    answering('another user’s note', ({ method }, next) =>
      method === 'GET'
        ? { status: 200, headers: by(drillRelease().version), body: { title: 'another' } }
        : next(),
    ),
    configured('a token that is not declared', 'unknown', {
      journeys: [{ name: 'keep a note', steps: [{ path: '/v1/notes', token: 'goneToken' }] }],
    }),
  ],
  router,
)

export const drill = {
  ...common,
  faults: common.faults.map((fault) =>
    fault.name === 'a closed port'
      ? {
          ...fault,
          plant: async (ground: Parameters<typeof fault.plant>[0]) => {
            const closed = Object.create(ground.context?.environment ?? {}, {
              url: { value: 'http://127.0.0.1:1' },
            })
            return { context: { environment: closed } }
          },
        }
      : fault,
  ),
}
