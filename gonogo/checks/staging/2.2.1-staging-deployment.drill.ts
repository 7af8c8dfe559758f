import type { Instance } from '#targets/target.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillService, drillStable, observing } from '../drill-situation.ts'

const stable = drillInstance({ version: drillStable().version })

/** Stand-ins that only tell what targets observed; the check asks nothing else of them. */
function observed(
  instances: readonly Instance[],
  declared: Record<string, unknown> = { staging: 'staging' },
) {
  const target = observing(instances)
  const staging = drillEnvironment({ name: 'staging', target, candidates: async () => instances })
  const environment = drillEnvironment({ stables: async () => [stable] })
  return {
    context: {
      environment,
      environmentNamed: (name: string) => (name === 'production' ? environment : staging),
      service: drillService(declared),
    },
  }
}

const withInstances = (
  name: string,
  expect: 'fail' | 'unknown',
  ...instances: Instance[]
): DrillFault<null> => ({
  name,
  expect,
  plant: async () => observed(instances),
})

export const drill = defineDrill<null>({
  item: '2.2.1',
  ground: async () => ({ config: {}, ground: null, ...observed([drillInstance()]) }),
  faults: [
    withInstances('another digest', 'unknown', drillInstance({ digest: `sha256:${'1'.repeat(64)}` })),
    withInstances('nothing runs there', 'unknown'),
    withInstances(
      'an instance that is not ready',
      'fail',
      drillInstance(),
      drillInstance({ id: 'gateway-2', ready: false }),
    ),
    withInstances(
      'a component that was left out',
      'fail',
      drillInstance({ component: 'agent', isPublic: false }),
    ),
    { name: 'no staging declared', expect: 'unknown', plant: async () => observed([drillInstance()], {}) },
    {
      name: 'production named as staging',
      expect: 'unknown',
      plant: async () => observed([drillInstance()], { staging: 'production' }),
    },
  ],
})
