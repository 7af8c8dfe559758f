import { type DrillFault, defineDrill } from '#checks/drill.ts'
import { drillEnvironment, drillInstance, drillService, observing } from '#checks/drill-situation.ts'
import {
  type ClusterFault,
  clusterFaults,
  clusterWorld,
  container,
  deployment,
  NAMESPACE,
  namespaces,
  node,
} from '#checks/live/cluster-drill.ts'
import type { DrillObject } from '#checks/live/drill-cluster.ts'

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

const asks = (cpu: string) => ({
  containers: [{ ...container, resources: { requests: { cpu, memory: '256Mi' } } }],
})
const pod = (onNode: string, spec: object): DrillObject => ({
  kind: 'Pod',
  metadata: { name: `other-${onNode}`, namespace: 'other' },
  spec: { nodeName: onNode, containers: [], ...spec },
  status: { phase: 'Running' },
})
const quota = (hard: Record<string, string>): DrillObject => ({
  kind: 'ResourceQuota',
  metadata: { name: 'small', namespace: NAMESPACE },
  status: { hard, used: { pods: '2', 'requests.cpu': '1' } },
})
const tainted = (name: string) =>
  node(name, '4', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } })
const notReady = (name: string) =>
  node(name, '4', { status: { allocatable: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'False' }] } })
const withNodes = (...nodes: DrillObject[]) => ({
  situation: { world: { ...clusterWorld(), objects: [...namespaces, deployment(), ...nodes] } },
})
const withObjects = (...more: DrillObject[]) => ({ situation: { world: clusterWorld(more) } })

/** Five pods of half a core come beside those that run. */
const onCluster: readonly ClusterFault[] = [
  { name: 'less room than the pods need', expect: 'fail', ...withNodes(node('node-1', '2')) },
  {
    name: 'a free total that fits no single node',
    expect: 'fail',
    config: { replicas: 1 },
    situation: {
      manifest: asks('4500m'),
      world: { ...clusterWorld(), objects: [...namespaces, node('node-1'), node('node-2')] },
    },
  },
  {
    name: 'room that other pods asked for',
    expect: 'fail',
    ...withObjects(
      ...['node-1', 'node-2'].map((name) =>
        pod(name, { containers: [{ name: 'x', resources: { requests: { cpu: '3' } } }] }),
      ),
    ),
  },
  {
    name: 'pods without requests taken for nothing',
    expect: 'fail',
    ...withObjects(
      ...['node-1', 'node-2'].map((name) =>
        pod(name, { containers: Array.from({ length: 30 }, (_, n) => ({ name: `x${n}` })) }),
      ),
    ),
  },
  {
    name: 'a pod without requests of its own',
    expect: 'unknown',
    situation: { manifest: { containers: [{ name: 'web' }] } },
  },
  {
    name: 'nodes whose taint the pods do not bear',
    expect: 'fail',
    ...withNodes(tainted('node-1'), tainted('node-2')),
  },
  { name: 'nodes that are not ready', expect: 'fail', ...withNodes(notReady('node-1')) },
  {
    name: 'nodes without the label',
    expect: 'fail',
    situation: { manifest: { nodeSelector: { disk: 'fast' }, containers: [container] } },
  },
  { name: 'a quota of pods', expect: 'fail', ...withObjects(quota({ pods: '6' })) },
  { name: 'a quota of cores', expect: 'fail', ...withObjects(quota({ 'requests.cpu': '3' })) },
  {
    name: 'a volume that is not bound',
    expect: 'fail',
    situation: {
      manifest: { containers: [container], volumes: [{ persistentVolumeClaim: { claimName: 'data' } }] },
    },
  },
]

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
    ...clusterFaults({ world: clusterWorld() }, onCluster, {}),
  ],
})
