import type { Json } from '#core/json.ts'
import { type Drill, type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillInstance } from '../drill-situation.ts'
import { type Intercept, startDrillService } from './drill-service.ts'

async function start(scratch: DrillScratch, intercept: Intercept) {
  const service = await startDrillService(scratch, intercept)
  return { context: { environment: service.environment() }, close: () => service.close() }
}

const reporting =
  (body: object): Intercept =>
  (request, next) =>
    request.path === '/ready' ? { status: 200, body: { status: 'ready', version: '1.1.0', ...body } } : next()

/** A fault in what the instances say of themselves on /ready. */
export const readyWith = (name: string, expect: 'fail' | 'unknown', body: object): DrillFault<null> => ({
  name,
  expect,
  plant: (_ground, scratch) => start(scratch, reporting(body)),
})

/** The drill of a check that goes by readiness answers: a good answer, the faults in it, a page instead, nobody there. */
export const readinessDrill = (
  item: string,
  config: Json,
  body: object,
  faults: readonly DrillFault<null>[],
): Drill<null> =>
  defineDrill<null>({
    item,
    ground: async (scratch) => ({ config, ground: null, ...(await start(scratch, reporting(body))) }),
    faults: [
      ...faults,
      {
        name: 'a page for every path',
        expect: 'fail',
        plant: (_ground, scratch) => start(scratch, () => ({ status: 200, body: '<html>ready</html>' })),
      },
      {
        name: 'a closed port',
        expect: 'unknown',
        plant: async (ground) => {
          const { environment } = ground.context ?? {}
          const closed = { candidates: { value: async () => [drillInstance()] } }
          return { context: { environment: Object.create(environment ?? {}, closed) } }
        },
      },
    ],
  })
