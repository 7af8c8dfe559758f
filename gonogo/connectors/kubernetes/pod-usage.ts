import { z } from 'zod'
import { parseQuantity } from '../machine/quantity.ts'
import { parseExposition } from '../prometheus-text/parse.ts'
import { ReadingProblem } from '../reading-problem.ts'
import type { Cluster } from './cluster.ts'
import { podSchema } from './schema.ts'

const CPU = 'pod_cpu_usage_seconds_total'
const MEMORY = 'pod_memory_working_set_bytes'

export type PodUsage = {
  readonly memoryBytes: number
  /** Processor time since the pod began, in ms; 0 where only a share is told. */
  readonly cpuMs: number
  /** Share of one core, where the source tells that instead of a time. */
  readonly share?: number
  /** When the node measured it, which is some seconds ago. */
  readonly atMs: number
}

/**
 * What each pod of the namespace uses: by the kubelets' own /metrics/resource through the API server, or, where this
 * identity may not read that, by the metrics API. Throws a ReadingProblem.
 */
export async function podUsage(cluster: Cluster, namespace: string): Promise<ReadonlyMap<string, PodUsage>> {
  try {
    return await fromKubelets(cluster, namespace)
  } catch (problem) {
    if (!(problem instanceof ReadingProblem && problem.code === 'forbidden')) throw problem
    return fromMetricsApi(cluster, namespace)
  }
}

async function fromKubelets(cluster: Cluster, namespace: string): Promise<ReadonlyMap<string, PodUsage>> {
  const pods = await cluster.list(`/api/v1/namespaces/${namespace}/pods`, podSchema)
  const nodes = [...new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []))]
  const texts = await Promise.all(
    nodes.map(async (node) => {
      const path = `/api/v1/nodes/${node}/proxy/metrics/resource`
      return parseExposition(await cluster.text(path), [CPU, MEMORY], path).series
    }),
  )
  const usage = new Map<string, PodUsage>()
  for (const series of texts) {
    const own = (name: string) =>
      (series.get(name) ?? []).filter(({ labels }) => labels.namespace === namespace)
    for (const { labels, value, atMs } of own(CPU)) {
      const memory = own(MEMORY).find((one) => one.labels.pod === labels.pod)
      if (labels.pod && memory && atMs !== null)
        usage.set(labels.pod, { memoryBytes: memory.value, cpuMs: value * 1000, atMs })
    }
  }
  return usage
}

const metricsSchema = z.object({
  metadata: z.object({ name: z.string() }),
  timestamp: z.string().transform((text) => Date.parse(text)),
  containers: z.array(z.object({ usage: z.object({ cpu: z.string(), memory: z.string() }) })),
})

async function fromMetricsApi(cluster: Cluster, namespace: string): Promise<ReadonlyMap<string, PodUsage>> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`
  const pods = await cluster.list(path, metricsSchema)
  return new Map(
    pods.map(({ metadata, timestamp, containers }) => {
      const sum = (which: 'cpu' | 'memory') =>
        containers.reduce((total, { usage }) => total + (parseQuantity(usage[which]) ?? Number.NaN), 0)
      return [metadata.name, { memoryBytes: sum('memory'), cpuMs: 0, share: sum('cpu'), atMs: timestamp }]
    }),
  )
}
