import { type DrillFault, defineDrill } from '#checks/drill.ts'
import { drillEnvironment, drillInstance, drillService, observing } from '#checks/drill-situation.ts'

type Config = { requests: Record<string, string>; replicas: number; surge: number; storage: string }

const good: Config = { requests: { cpu: '1m', memory: '1Mi' }, replicas: 1, surge: 1, storage: '1Mi' }

/** An environment in which some instances of stable run. */
const environmentWith = (count: number) => {
  const instances = Array.from({ length: count }, () => drillInstance({ version: '1.0.0' }))
  return drillEnvironment({ target: observing(instances) })
}

async function ground() {
  return { config: good, context: { service: drillService(), environment: environmentWith(1) }, ground: null }
}

const asking = (name: string, more: Partial<Config>): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: async () => ({ config: { ...good, ...more } }),
})

export const drill = defineDrill<null>({
  item: '1.3.2',
  ground,
  faults: [
    asking('more memory than there is', { requests: { cpu: '1m', memory: '100Ti' } }),
    asking('more cores than there are', { requests: { cpu: '100000', memory: '1Mi' } }),
    asking('more storage than there is', { storage: '1000000Ti' }),
    asking('room for each instance but not for all', { replicas: 1_000_000_000 }),
    {
      name: 'memory that running instances asked for and have not taken yet',
      expect: 'fail',
      plant: async () => ({
        config: { ...good, requests: { cpu: '1m', memory: '4Gi' }, replicas: 1, surge: 0 },
        context: { environment: environmentWith(2000) },
      }),
    },
    {
      name: 'cores that running instances asked for',
      expect: 'fail',
      plant: async () => ({
        config: { ...good, requests: { cpu: '1', memory: '1Ki' }, replicas: 1, surge: 0 },
        context: { environment: environmentWith(2000) },
      }),
    },
    {
      name: 'nobody says how many instances there will be',
      expect: 'unknown',
      plant: async () => ({ config: { requests: good.requests } }),
    },
  ],
})
