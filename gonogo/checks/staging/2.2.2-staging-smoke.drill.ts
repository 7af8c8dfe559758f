import type { CheckContext } from '../check.ts'
import { type DrillScratch, defineDrill } from '../drill.ts'
import { drillInstance, drillService } from '../drill-situation.ts'
import { type DrillService, type Intercept, startDrillService } from '../live/drill-service.ts'

const suite = {
  '3.3.2.1': { path: '/v1/notes' },
  '3.3.2.4': {
    tokens: { '/v1/admin/log-level': 'adminToken' },
    except: { '/v1/notes/{id}': 'needs a note' },
  },
}

const withChecks = (service: DrillService, checks: Record<string, unknown>): Partial<CheckContext> => ({
  environmentNamed: () => service.environment({ name: 'staging' }),
  service: drillService({ staging: 'production', checks }),
})

async function start(scratch: DrillScratch, intercept?: Intercept) {
  const service = await startDrillService(scratch, intercept)
  return { service, context: withChecks(service, suite), close: () => service.close() }
}

export const drill = defineDrill<DrillService>({
  item: '2.2.2',
  ground: async (scratch) => {
    const { service, ...rest } = await start(scratch)
    return { config: {}, ground: service, ...rest }
  },
  faults: [
    {
      name: 'one test fails there',
      expect: 'fail',
      plant: (_ground, scratch) =>
        start(scratch, ({ path }, next) =>
          path === '/v1/admin/log-level' ? { status: 500, body: {} } : next(),
        ),
    },
    {
      name: 'a page for every path',
      expect: 'fail',
      plant: (_ground, scratch) => start(scratch, () => ({ status: 200, body: '<html>' })),
    },
    {
      name: 'no tests',
      expect: 'unknown',
      plant: async ({ ground }) => ({ context: withChecks(ground, {}) }),
    },
    {
      name: 'a test that cannot be run',
      expect: 'unknown',
      plant: async ({ ground }) => ({
        context: withChecks(ground, { '3.3.2.1': { path: '/v1/notes', token: 'goneToken' } }),
      }),
    },
    {
      name: 'nothing runs there',
      expect: 'unknown',
      plant: async ({ ground }) => {
        const closed = ground.environment({ candidates: async () => [drillInstance()] })
        return { context: { ...withChecks(ground, suite), environmentNamed: () => closed } }
      },
    },
  ],
})
