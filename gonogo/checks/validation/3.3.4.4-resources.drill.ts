import { type DrillFault, defineDrill } from '../drill.ts'
import {
  type ClusterFault,
  type ClusterSituation,
  clusterFaults,
  clusterWorld,
  NAMESPACE,
} from '../live/cluster-drill.ts'
import type { DrillObject } from '../live/drill-cluster.ts'
import { canary, counters, growing, measured, running, withBaseline } from '../live/traffic-drill.ts'

const traffic = growing(counters(canary, 1000))
const config = (memory: string, cpu = '100') => ({ limits: { memory, cpu }, window: '100ms', ratio: 4 })
const here = { ...measured(traffic), resultOf: withBaseline({ cpu: { gateway: 100 } }) }

const planting = (name: string, expect: 'fail' | 'unknown', change: object): DrillFault<null> => ({
  name,
  expect,
  plant: async () => change,
})

/** Keeps this process, which stands for the instance, busy for a while. */
function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until) Math.sqrt(until)
}

const KUBELET = '/api/v1/nodes/node-1/proxy/metrics/resource'
const SECOND_MS = 1000
/** A kubelet that measures the pod anew each time it is asked: so much memory, so much of a core. */
const kubelet = (bytes: number, share: number, everyMs = SECOND_MS) => {
  let reading = 0
  return () => {
    const atMs = 1_000_000 + everyMs * reading++
    const series = '{namespace="shop",pod="web-1.1.0"}'
    return `pod_cpu_usage_seconds_total${series} ${(share * atMs) / SECOND_MS} ${atMs}\npod_memory_working_set_bytes${series} ${bytes} ${atMs}\n`
  }
}
const onNode: DrillObject = {
  kind: 'Pod',
  metadata: { name: `web-${canary}`, namespace: NAMESPACE },
  spec: { nodeName: 'node-1', containers: [] },
}
/** The kubelet's way is closed, and the metrics API tells this. */
const byMetricsApi = (cpu: string, memory: string): ClusterSituation => ({
  ...measuredBy({}),
  world: clusterWorld(
    [
      {
        kind: 'Pod',
        metadata: { name: `web-${canary}`, namespace: NAMESPACE },
        timestamp: '2026-01-01T00:00:00Z',
        containers: [{ usage: { cpu, memory } }],
        spec: { nodeName: 'node-1', containers: [] },
      },
    ],
    { forbidden: [KUBELET] },
  ),
})
const measuredBy = (texts: ClusterSituation['world']['texts']): ClusterSituation => ({
  world: clusterWorld([onNode], { texts }),
  context: { ...here, resultOf: withBaseline({ memoryBytes: { gateway: 2 ** 26 }, cpu: { gateway: 1 } }) },
})
const onCluster: readonly ClusterFault[] = [
  {
    name: 'more memory than the limit',
    expect: 'fail',
    situation: measuredBy({ [KUBELET]: kubelet(2 ** 28, 0.1) }),
  },
  {
    name: 'more processor than the limit',
    expect: 'fail',
    situation: measuredBy({ [KUBELET]: kubelet(2 ** 26, 0.9) }),
  },
  {
    name: 'one reading told twice',
    expect: 'unknown',
    situation: measuredBy({ [KUBELET]: kubelet(2 ** 26, 0.1, 0) }),
  },
  {
    name: 'a pod that the kubelet does not tell of',
    expect: 'unknown',
    situation: measuredBy({ [KUBELET]: '' }),
  },
  { name: 'too much by the metrics API', expect: 'fail', situation: byMetricsApi('900m', '64Mi') },
  {
    name: 'nobody tells',
    expect: 'unknown',
    situation: { ...byMetricsApi('1m', '1Mi'), world: clusterWorld([onNode]) },
  },
]

export const drill = defineDrill<null>({
  item: '3.3.4.4',
  ground: async () => ({ config: config('64Gi'), ground: null, context: here }),
  faults: [
    planting('more memory than the limit', 'fail', { config: config('1Mi') }),
    planting('far more memory than before', 'fail', {
      context: { ...here, resultOf: withBaseline({ memoryBytes: { gateway: 1024 }, cpu: { gateway: 100 } }) },
    }),
    {
      name: 'more processor than the limit',
      expect: 'fail',
      plant: async () => {
        setTimeout(() => spin(80), 10)
        return { config: config('64Gi', '50m') }
      },
    },
    planting('no baseline to compare with', 'unknown', {
      context: { ...here, resultOf: withBaseline(null) },
    }),
    planting('a process that cannot be seen', 'unknown', {
      context: measured(traffic, [running(canary, { pid: null })]),
    }),
    planting('no instance at all', 'unknown', { context: measured(traffic, []) }),
    ...clusterFaults(measuredBy({}), onCluster, { limits: { memory: '128Mi', cpu: '500m' }, window: '10ms' }),
  ],
})
