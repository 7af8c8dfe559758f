import type { TargetState } from '#targets/target.ts'
import type { Timeline } from '../check.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillRelease, observing } from '../drill-situation.ts'
import { type ClusterFault, clusterFaults, clusterWorld, NAMESPACE } from '../live/cluster-drill.ts'

const END = 1_000_000
const { version, digest } = drillRelease()
const workload = { version, digest, artifact: '.', replicas: 1, config: {} }
const old = { version: '1.0.0', digest: `sha256:${'1'.repeat(64)}` }
const own = drillInstance()

function observed(overrides: Partial<TargetState>, now = END + 1) {
  const target = observing([own], { workloads: [workload], weights: { [version]: 100 }, ...overrides })
  const timeline = { watchStartedAtMs: 0, watchEndsAtMs: END } as Timeline
  return { context: { environment: drillEnvironment({ target }), timeline, now: () => now } }
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

const orphan = (name: string, image: string, of: string): ClusterFault => ({
  name,
  expect: 'fail',
  situation: {
    world: clusterWorld([
      {
        kind: 'Pod',
        metadata: {
          name: 'web-orphan',
          namespace: NAMESPACE,
          labels: { 'gonogo.dev/of': 'web', 'gonogo.dev/version': of },
        },
        spec: { containers: [{ name: 'web', image: `registry.internal/web@${image}` }] },
      },
    ]),
  },
})

export const drill = defineDrill<null>({
  item: '4.4.1',
  ground: async () => ({ config: {}, ground: null, ...observed({}) }),
  faults: [
    planting('an old instance that still runs', 'fail', {
      instances: [own, drillInstance({ id: 'old-1', ...old })],
    }),
    planting('an old digest under the new name', 'fail', {
      instances: [own, drillInstance({ id: 'gateway-2', digest: old.digest })],
    }),
    planting('an old instance of the same artifact, with another configuration', 'fail', {
      instances: [own, drillInstance({ id: 'old-1', version: old.version })],
    }),
    planting('an old version of the same artifact that is still known', 'fail', {
      workloads: [workload, { ...workload, version: old.version }],
    }),
    planting('an old workload that is still known', 'fail', {
      workloads: [workload, { ...workload, ...old }],
    }),
    planting('the new version is gone instead', 'fail', { instances: [], workloads: [] }),
    ...clusterFaults({ context: observed({}).context, world: clusterWorld() }, [
      orphan('a pod of the old image that the target knows nothing of', old.digest, version),
      orphan('a pod of the old version, with the same image, that it knows nothing of', digest, old.version),
    ]),
    planting('gone before the watch had ended', 'fail', {}, END - 1),
    planting(
      'the watch goes on',
      'unknown',
      { instances: [own, drillInstance({ id: 'old-1', ...old })] },
      END - 1,
    ),
  ],
})
