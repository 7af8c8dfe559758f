import type { TargetState } from '#targets/target.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillStable, observing } from '../drill-situation.ts'

const { version, digest } = drillStable()
const workload = { version, digest, artifact: '.', replicas: 1, config: {} }
const instance = drillInstance({ version, digest })

function observed(overrides: Partial<TargetState>) {
  const target = observing([instance], { stableWorkload: workload, ...overrides })
  return { context: { environment: drillEnvironment({ target }) } }
}

const planting = (
  name: string,
  expect: 'fail' | 'unknown',
  overrides: Partial<TargetState>,
): DrillFault<null> => ({
  name,
  expect,
  plant: async () => observed(overrides),
})

export const drill = defineDrill<null>({
  item: '2.1.3',
  ground: async () => ({ config: {}, ground: null, ...observed({}) }),
  faults: [
    planting('a tag without a digest', 'fail', { stableWorkload: { ...workload, digest: 'v1.0.0' } }),
    planting('an instance known by its tag', 'fail', { instances: [{ ...instance, digest: 'latest' }] }),
    planting('an instance of another digest', 'fail', {
      instances: [{ ...instance, digest: `sha256:${'1'.repeat(64)}` }],
    }),
    planting('no instance of the stable version', 'fail', { instances: [] }),
    planting('nothing deployed', 'unknown', { stable: null, stableWorkload: null }),
  ],
})
