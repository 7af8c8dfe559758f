import type { Instance, Workload } from '#targets/target.ts'
import { defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillRelease, observing } from '../drill-situation.ts'

const { version, digest } = drillRelease()
const workload: Workload = { version, digest, artifact: '.', replicas: 2, config: {} }

function observed(instances: readonly Instance[]) {
  const target = observing(instances, { workloads: [workload] })
  return { environment: drillEnvironment({ target, candidates: async () => instances }) }
}

const first = drillInstance()
const withSecond = (second: Partial<Instance>) => ({
  context: observed([first, drillInstance({ id: 'gateway-2', ...second })]),
})

export const drill = defineDrill<null>({
  item: '3.3.1.2',
  ground: async () => ({ config: {}, ground: null, ...withSecond({}) }),
  faults: [
    { name: 'ready but restarted', expect: 'fail', plant: async () => withSecond({ restarts: 1 }) },
    { name: 'not ready', expect: 'fail', plant: async () => withSecond({ ready: false }) },
    {
      name: 'one instance where two were asked for',
      expect: 'fail',
      plant: async () => ({ context: observed([first]) }),
    },
    { name: 'no instance at all', expect: 'unknown', plant: async () => ({ context: observed([]) }) },
    {
      name: 'another digest under the same version',
      expect: 'unknown',
      plant: async () => withSecond({ digest: `sha256:${'1'.repeat(64)}` }),
    },
  ],
})
