import type { Json } from '#core/json.ts'
import type { CheckContext, EnvironmentAccess } from '../check.ts'
import { type Drill, type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillInstance, drillService } from '../drill-situation.ts'
import { type Intercept, startDrillService } from './drill-service.ts'

/** The drill service's environment as the one deployed to and as staging, which is how checks of both phases reach it. */
const contextOf = (environment: EnvironmentAccess): Partial<CheckContext> => ({
  environment,
  environmentNamed: () => environment,
  service: drillService({ staging: 'production' }),
})

async function start(scratch: DrillScratch, intercept: Intercept) {
  const service = await startDrillService(scratch, intercept)
  return { context: contextOf(service.environment()), close: () => service.close() }
}

const healthy: Intercept = (_request, next) => next()

/** A fault in what the service answers; `intercept` stands before the ground's own. */
export const answering = (
  name: string,
  intercept: Intercept,
  expect: 'fail' | 'unknown' = 'fail',
): DrillFault<Intercept> => ({
  name,
  expect,
  plant: ({ ground }, scratch) =>
    start(scratch, async (request, next) => {
      const inner = await ground(request, next)
      return intercept(request, () => inner)
    }),
})

/** A fault in the check's configuration: what it must not be talked into. */
export const configured = (
  name: string,
  expect: 'fail' | 'unknown',
  config: Json,
): DrillFault<Intercept> => ({
  name,
  expect,
  plant: async () => ({ config }),
})

/**
 * The drill of a check that asks a running service: good answers, the faults in them, a page for every path (which must
 * fail), and nobody there (which nobody can judge). `ground` adds to the drill service what the check needs of it.
 */
export const serviceDrill = (
  item: string,
  config: Json,
  faults: readonly DrillFault<Intercept>[],
  ground: Intercept = healthy,
): Drill<Intercept> =>
  defineDrill<Intercept>({
    item,
    ground: async (scratch) => ({ config, ground, ...(await start(scratch, ground)) }),
    faults: [
      ...faults,
      {
        name: 'a page for every path',
        expect: 'fail',
        plant: (_ground, scratch) =>
          start(scratch, () => ({ status: 200, body: '<!doctype html><title>welcome</title>' })),
      },
      {
        name: 'a closed port',
        expect: 'unknown',
        plant: async ({ context }) => {
          const closed = { candidates: { value: async () => [drillInstance()] } }
          return { context: contextOf(Object.create(context?.environment ?? {}, closed)) }
        },
      },
    ],
  })
