import type { Target, TargetState } from '#targets/target.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillStable, observedInstances } from '../drill-situation.ts'

const { version, digest } = drillStable()
const workload = { version, digest, artifact: '.', replicas: 1, config: {} }
const instance = drillInstance({ version, digest })

/** A stand-in that only tells what a target observed; the check asks nothing else of it. */
function observed(overrides: Partial<TargetState>) {
  const state = observedInstances([instance], { stableWorkload: workload, ...overrides })
  return { context: { environment: drillEnvironment({ target: { observe: async () => state } as Target }) } }
}

const observing = (
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
    observing('a tag without a digest', 'fail', { stableWorkload: { ...workload, digest: 'v1.0.0' } }),
    observing('an instance known by its tag', 'fail', { instances: [{ ...instance, digest: 'latest' }] }),
    observing('an instance of another digest', 'fail', {
      instances: [{ ...instance, digest: `sha256:${'1'.repeat(64)}` }],
    }),
    observing('no instance of the stable version', 'fail', { instances: [] }),
    observing('nothing deployed', 'unknown', { stable: null, stableWorkload: null }),
  ],
})
