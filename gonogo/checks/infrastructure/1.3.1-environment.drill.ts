import { CLUSTER_ID, clusterDrill, clusterWorld, NAMESPACE, namespaces, node } from '../live/cluster-drill.ts'

const config = { cluster: CLUSTER_ID, namespace: NAMESPACE, version: '1.34' }
const [system, own] = namespaces
const withObjects = (...objects: unknown[]) => ({ world: { ...clusterWorld(), objects } as never })
const elsewhere = node('node-2', '4', {
  metadata: { name: 'node-2', labels: { 'topology.kubernetes.io/region': 'south-2' } },
})

export const drill = clusterDrill('1.3.1', config, { world: clusterWorld() }, [
  {
    name: 'the right context name, another cluster',
    expect: 'fail',
    situation: withObjects(
      { ...system, metadata: { name: 'kube-system', uid: CLUSTER_ID.replace('1', '9') } },
      own,
      node('node-1'),
    ),
  },
  {
    name: 'another namespace than is meant',
    expect: 'fail',
    config: { ...config, namespace: 'shop-staging' },
  },
  { name: 'a namespace that is not there', expect: 'fail', situation: withObjects(system, node('node-1')) },
  {
    name: 'a namespace that is being deleted',
    expect: 'fail',
    situation: withObjects(
      system,
      { ...own, metadata: { name: NAMESPACE, deletionTimestamp: '2026-01-01T00:00:00Z' } },
      node('node-1'),
    ),
  },
  { name: 'another API version', expect: 'fail', config: { ...config, version: '1.33' } },
  { name: 'another region', expect: 'fail', config: { ...config, region: 'south-2' } },
  {
    name: 'one node in another region',
    expect: 'fail',
    situation: withObjects(system, own, node('node-1'), elsewhere),
  },
  {
    name: 'nodes that do not say where they stand',
    expect: 'unknown',
    situation: withObjects(system, own, node('node-1', '4', { metadata: { name: 'node-1' } })),
  },
  { name: 'no node', expect: 'unknown', situation: withObjects(system, own) },
])
