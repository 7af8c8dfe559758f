import type { Json } from '#core/json.ts'
import type { CheckContext, EnvironmentAccess } from '../check.ts'
import { type Drill, type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillInstance, drillService } from '../drill-situation.ts'
import { DRILL_ACCESS } from './drill-access.ts'
import { type DrillAgentFaults, drillAgent } from './drill-agent.ts'
import { DRILL_CANARY, DRILL_MODEL_KEYS } from './drill-model.ts'
import { type Intercept, startDrillService } from './drill-service.ts'

/** How checks reach the drill's agent and its model. */
export const DRILL_ASK = { path: '/v1/agent' }
export const DRILL_STUB = { component: 'model', path: '/admin/mode', normal: { mode: 'normal' } }

const ACCESS: Readonly<Record<string, string>> = {
  ...DRILL_ACCESS,
  agentCanary: DRILL_CANARY,
  modelKey: DRILL_MODEL_KEYS.key,
  previousModelKey: DRILL_MODEL_KEYS.previous,
}

/** The drill service with an agent, its gateway and its model as two instances at one address. */
async function start(scratch: DrillScratch, intercept: Intercept) {
  const service = await startDrillService(scratch, intercept)
  const instances = ['gateway', 'model'].map((component) =>
    drillInstance({ id: `${component}-1`, component, isPublic: component === 'gateway', url: service.url }),
  )
  const plain = service.environment()
  const environment = service.environment({
    candidates: async () => instances,
    access: async (key) => ACCESS[key] ?? plain.access(key),
  })
  return { context: contextOf(environment), close: () => service.close() }
}

const contextOf = (environment: EnvironmentAccess): Partial<CheckContext> => ({
  environment,
  environmentNamed: () => environment,
  service: drillService({ staging: 'production' }),
})

/** A fault of the agent, or of what stands behind it. */
export const agentWith = (
  name: string,
  faults: DrillAgentFaults,
  expect: 'fail' | 'unknown' = 'fail',
): DrillFault<null> => ({ name, expect, plant: (_ground, scratch) => start(scratch, drillAgent(faults)) })

/** The same drill with a part of the check's block changed or left out. */
export const undeclared = (name: string, config: Json): DrillFault<null> => ({
  name,
  expect: 'unknown',
  plant: async () => ({ config }),
})

/** The drill of a check that talks to an agent: its faults, a page for every path, and nobody there. */
export const agentDrill = (item: string, config: Json, faults: readonly DrillFault<null>[]): Drill<null> =>
  defineDrill<null>({
    item,
    ground: async (scratch) => ({ config, ground: null, ...(await start(scratch, drillAgent())) }),
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
          const closed = ['gateway', 'model'].map((component) =>
            drillInstance({ id: `${component}-1`, component, isPublic: component === 'gateway' }),
          )
          return {
            context: contextOf({
              ...(context?.environment as EnvironmentAccess),
              candidates: async () => closed,
            }),
          }
        },
      },
    ],
  })
