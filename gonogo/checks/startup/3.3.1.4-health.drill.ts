import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillInstance } from '../drill-situation.ts'
import { type DrillService, type Intercept, startDrillService } from '../live/drill-service.ts'

async function start(scratch: DrillScratch, intercept?: Intercept) {
  const service = await startDrillService(scratch, intercept)
  return { service, context: { environment: service.environment() }, close: () => service.close() }
}

/** The answer of one path replaced. */
const answering = (
  name: string,
  path: string,
  status: number,
  body: string | object,
): DrillFault<DrillService> => ({
  name,
  expect: 'fail',
  plant: (_ground, scratch) =>
    start(scratch, (request, next) => (request.path === path ? { status, body } : next())),
})

export const drill = defineDrill<DrillService>({
  item: '3.3.1.4',
  ground: async (scratch) => {
    const { service, ...rest } = await start(scratch)
    return { config: {}, ground: service, ...rest }
  },
  faults: [
    answering('the old version answers /health', '/health', 200, { status: 'ok', version: '1.0.0' }),
    answering('the old version answers /ready', '/ready', 200, { status: 'ready', version: '1.0.0' }),
    answering('/ready answers 503', '/ready', 503, { status: 'not-ready', version: '1.1.0' }),
    {
      name: 'a page for every path',
      expect: 'fail',
      plant: (_ground, scratch) => start(scratch, () => ({ status: 200, body: '<html>1.1.0</html>' })),
    },
    {
      name: 'answers without a version',
      expect: 'unknown',
      plant: (_ground, scratch) => start(scratch, () => ({ status: 200, body: { status: 'ok' } })),
    },
    {
      name: 'a closed port',
      expect: 'unknown',
      plant: async ({ ground }) => ({
        context: { environment: ground.environment({ candidates: async () => [drillInstance()] }) },
      }),
    },
    {
      name: 'no probe declared',
      expect: 'unknown',
      plant: async ({ ground }) => {
        const bare = drillInstance({ url: ground.url, readyPath: null })
        return { context: { environment: ground.environment({ candidates: async () => [bare] }) } }
      },
    },
  ],
})
