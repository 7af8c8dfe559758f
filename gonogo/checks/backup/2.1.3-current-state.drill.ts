import type { TargetState } from '#targets/target.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillStable, observing } from '../drill-situation.ts'
import {
  type ClusterSituation,
  clusterFaults,
  clusterWorld,
  container,
  deployment,
  NAMESPACE,
} from '../live/cluster-drill.ts'
import type { DrillObject } from '../live/drill-cluster.ts'

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

const revision = { annotations: { 'deployment.kubernetes.io/revision': '3' } }
const route: DrillObject = {
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace: NAMESPACE },
  spec: { rules: [] },
}
const onCluster = (...objects: DrillObject[]): ClusterSituation => ({
  world: { ...clusterWorld(), objects },
  environment: { target: observing([instance], { stableWorkload: workload }) },
})
const sidecar = { containers: [container, { name: 'proxy', image: 'registry.internal/proxy:1.2' }] }

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
    ...clusterFaults(onCluster(), [
      {
        name: 'a container beside it, known by its tag',
        expect: 'fail',
        situation: onCluster(deployment(sidecar, revision), route),
      },
      { name: 'no revision to go back to', expect: 'unknown', situation: onCluster(deployment(), route) },
      { name: 'no route', expect: 'unknown', situation: onCluster(deployment({}, revision)) },
      { name: 'no Deployment', expect: 'unknown', situation: onCluster(route) },
    ]),
    planting('nothing deployed', 'unknown', { stable: null, stableWorkload: null }),
  ],
})
