import type { Instance, TargetState } from '#targets/target.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillRelease, drillService, observing } from '../drill-situation.ts'

const { version, digest } = drillRelease()
const workload = { version, digest, artifact: '.', replicas: 2, config: {} }
const two = [drillInstance(), drillInstance({ id: 'gateway-2' })]
const declaring = (...components: string[]) =>
  drillService({
    environments: {
      production: {
        target: { kind: 'processes', components: Object.fromEntries(components.map((name) => [name, {}])) },
      },
    },
  })

function observed(instances: readonly Instance[], overrides: Partial<TargetState> = {}) {
  const target = observing(instances, {
    workloads: [workload],
    weights: { [version]: 100 },
    ...overrides,
  })
  return { context: { environment: drillEnvironment({ target, candidates: async () => instances }) } }
}

const planting = (
  name: string,
  expect: 'fail' | 'unknown',
  ...args: Parameters<typeof observed>
): DrillFault<null> => ({
  name,
  expect,
  plant: async () => observed(...args),
})

export const drill = defineDrill<null>({
  item: '3.3.4.1',
  ground: async () => {
    const { context } = observed(two)
    return { config: {}, ground: null, context: { ...context, service: declaring('gateway') } }
  },
  faults: [
    planting('one of two instances', 'fail', two.slice(1)),
    planting('one that is not ready', 'fail', [drillInstance({ ready: false }), ...two.slice(1)]),
    planting('one more than wanted', 'fail', [...two, drillInstance({ id: 'gateway-3' })]),
    planting('the old version keeps traffic', 'fail', two, { weights: { [version]: 90, '1.0.0': 10 } }),
    planting('0 of 0', 'unknown', []),
    planting('an autoscaler wants one more', 'unknown', two, { stable: version, autoscaled: { gateway: 3 } }),
    planting('autoscaled, and fewer than were declared', 'fail', two.slice(1), {
      stable: version,
      autoscaled: { gateway: 3 },
    }),
    planting('an autoscaler decides about the version before', 'fail', two.slice(1), {
      stable: '1.0.0',
      autoscaled: { gateway: 1 },
    }),
    planting('a component without any', 'fail', two, {
      stable: version,
      autoscaled: { gateway: 2, worker: 3 },
    }),
    {
      name: 'a component that was declared, and of which nothing runs',
      expect: 'fail',
      plant: async () => ({ context: { ...observed(two).context, service: declaring('gateway', 'worker') } }),
    },
    planting('a component that was scaled to nothing', 'unknown', two, {
      stable: version,
      autoscaled: { gateway: 2, worker: 0 },
    }),
    planting('none wanted', 'unknown', two, { workloads: [{ ...workload, replicas: 0 }] }),
  ],
})
