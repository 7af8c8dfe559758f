import { dirname } from 'node:path'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillRelease, drillStable, observing } from '../drill-situation.ts'
import {
  type ClusterFault,
  clusterFaults,
  clusterWorld,
  deployment,
  NAMESPACE,
} from '../live/cluster-drill.ts'
import type { DrillObject } from '../live/drill-cluster.ts'

const { version, digest } = drillRelease()
const workload = { version, digest, artifact: '.', replicas: 1, config: {} }
const config = { folders: ['data'] }

function running(...workloads: (typeof workload)[]) {
  const target = observing([], { workloads })
  return { context: { environment: drillEnvironment({ target }) } }
}

const leaving = (name: string, path: string): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: async (_ground, scratch) => {
    await scratch.write(path, 'left')
    return { config: { folders: [dirname(path).split('/')[0] ?? ''] } }
  },
})

const labelled = (name: string, slot: string) => ({
  name,
  namespace: NAMESPACE,
  labels: { 'gonogo.dev/of': 'web', 'gonogo.dev/slot': slot },
})
const stable = deployment({}, labelled('web', 'stable'))
const leftIn = (name: string, object: DrillObject): ClusterFault => ({
  name,
  expect: 'fail',
  situation: { world: clusterWorld([stable, object]) },
})

export const drill = defineDrill<null>({
  item: '4.4.2',
  ground: async (scratch) => {
    await scratch.write('data/production.sqlite', '')
    return { config, ground: null, ...running(workload) }
  },
  faults: [
    {
      name: 'the old version beside the new one',
      expect: 'fail',
      plant: async () => running(workload, { ...workload, version: drillStable().version }),
    },
    { name: 'everything was removed', expect: 'fail', plant: async () => running() },
    ...clusterFaults({ world: clusterWorld([stable]), environment: running(workload).context.environment }, [
      leftIn('a canary that nobody knows of', { ...stable, metadata: labelled('web-canary', 'canary') }),
      leftIn('a Service of the canary', { kind: 'Service', metadata: labelled('web-canary', 'canary') }),
      leftIn('configuration that nothing refers to', {
        kind: 'ConfigMap',
        metadata: labelled('web-config-1', ''),
      }),
      leftIn('a pod that tried the network', {
        kind: 'Pod',
        metadata: { name: 'gonogo-probe-1', namespace: NAMESPACE, labels: { 'gonogo.dev/probe': 'true' } },
      }),
      {
        name: 'objects without the labels',
        expect: 'unknown',
        situation: { world: { ...clusterWorld(), objects: [] } },
      },
    ]),
    leaving('a scratch database', 'one/restore-a1b2/restored.sqlite'),
    leaving('an unfinished backup', 'other/production.sqlite.part'),
  ],
})
