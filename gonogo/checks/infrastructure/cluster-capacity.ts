import {
  amountsOf,
  type ClusterDeployment,
  type ClusterQuota,
  claimSchema,
  deploymentSchema,
  type NodeRoom,
  nodeSchema,
  podSchema,
  quotaSchema,
  roomOn,
} from '#connectors/kubernetes/index.ts'
import { type CheckContext, CheckProblem, type CheckResult, fail, pass } from '../check.ts'
import { clusterOf, pathOf, type ServiceCluster } from '../live/service-cluster.ts'
import { quotaProblem } from './cluster-quota.ts'
import { inWords, placeAll, total, type Wanted } from './place-pods.ts'

type Asked = {
  readonly replicas?: number | undefined
  readonly surge?: number | undefined
  readonly storage?: { readonly value: number } | undefined
}
/**
 * Room for the release on a cluster: for the pods that come beside those that run, one by one on single nodes, within
 * the namespace's quotas.
 */
export async function clusterCapacity(ctx: CheckContext, asked: Asked): Promise<CheckResult> {
  const service = clusterOf(ctx)
  const { cluster, namespace, declared } = service
  const [nodes, pods, quotas, wanted] = await Promise.all([
    cluster.list('/api/v1/nodes', nodeSchema),
    cluster.list('/api/v1/pods', podSchema),
    cluster.list(`/api/v1/namespaces/${namespace}/resourcequotas`, quotaSchema),
    Promise.all(declared.map((one) => wantedOf(service, one, asked))),
  ])
  const rooms = roomOn(nodes, pods)
  if (rooms.length === 0) return fail('no node takes pods', { claim: { nodes: 0 }, source: cluster.server })
  const problem =
    (await claimProblem(service)) ?? quotaProblem(quotas, wanted) ?? placeAll(rooms, wanted, total(rooms))
  const needed = wanted.map(({ deployment, pod, count }) => ({
    component: deployment.metadata.name,
    pods: count,
    ...Object.fromEntries(pod),
  }))
  const rest = {
    claim: { needed, problem },
    source: cluster.server,
    population: `${rooms.length} of ${nodes.length} nodes, ${pods.length} pods, ${quotas.length} quotas`,
    blanks: blanksOf(declared[0]),
  }
  return problem === null ? pass(describe(rooms, wanted, quotas), rest) : fail(problem, rest)
}

async function wantedOf(service: ServiceCluster, declared: ClusterDeployment, asked: Asked): Promise<Wanted> {
  const { cluster, namespace, config } = service
  mustBeJudgeable(declared)
  const live = await cluster.find(pathOf(declared, namespace), deploymentSchema)
  // An autoscaler may have more of them running than were declared.
  const replicas = Math.max(asked.replicas ?? config.replicas, live?.spec.replicas ?? 0)
  // While versions change, the canary, a copy of the version before and the surge of the rolling update run together.
  const surge = asked.surge ?? (live ? replicas + surgeOf(declared, replicas) : 0)
  const pod = new Map(amountsOf(declared.spec.template.spec, 'requests'))
  if (asked.storage)
    pod.set('ephemeral-storage', Math.max(asked.storage.value, pod.get('ephemeral-storage') ?? 0))
  // A StatefulSet's pods are replaced where they are: only those come that are not there yet.
  const count =
    declared.kind === 'StatefulSet' ? Math.max(0, replicas - (live?.spec.replicas ?? 0)) : replicas + surge
  return { deployment: declared, pod, count }
}

function surgeOf({ spec }: ClusterDeployment, replicas: number): number {
  const { maxSurge = '25%' } = spec.strategy.rollingUpdate ?? {}
  return typeof maxSurge === 'number' ? maxSurge : Math.ceil((Number.parseFloat(maxSurge) / 100) * replicas)
}

/** What asks for nothing gets no room of its own; and who may stand beside whom only the scheduler knows. */
function mustBeJudgeable({ metadata: { name }, spec: { template } }: ClusterDeployment): void {
  const { containers, affinity, topologySpreadConstraints } = template.spec
  for (const { name: container, resources } of containers)
    for (const resource of ['cpu', 'memory'])
      if (!resources.requests[resource])
        throw new CheckProblem(
          `${name}: container ${container} asks for no ${resource}, so nobody keeps room for it; add resources.requests`,
        )
  const strict =
    JSON.stringify(affinity ?? {}).includes('requiredDuringScheduling') ||
    topologySpreadConstraints.some(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')
  if (strict)
    throw new CheckProblem(`${name}: its affinity or spread is required, which cannot be reckoned here`)
}

async function claimProblem({ cluster, namespace, declared }: ServiceCluster): Promise<string | null> {
  const names = declared.flatMap(({ spec }) =>
    spec.template.spec.volumes.flatMap(({ persistentVolumeClaim: claim }) =>
      claim ? [claim.claimName] : [],
    ),
  )
  for (const name of new Set(names)) {
    const claim = await cluster.find(
      `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`,
      claimSchema,
    )
    if (claim?.status.phase !== 'Bound')
      return `storage: the claim ${name} is ${claim ? claim.status.phase || 'not bound' : 'not there'}`
  }
  return null
}

function describe(
  rooms: readonly NodeRoom[],
  wanted: readonly Wanted[],
  quotas: readonly ClusterQuota[],
): string {
  const pods = wanted.map(
    ({ deployment, pod, count }) => `${count} × ${deployment.metadata.name} (${inWords(pod)})`,
  )
  const all = new Map([...total(rooms)].filter(([name]) => ['cpu', 'memory'].includes(name)))
  return `${pods.join(', ')} fit, pod by pod, on ${rooms.length} nodes with ${inWords(all)} free, ${quotas.length} quotas`
}

function blanksOf(deployment: ClusterDeployment | undefined): Record<string, string> {
  const { requests = {}, limits = {} } = deployment?.spec.template.spec.containers[0]?.resources ?? {}
  const filled = {
    'requests-cpu': requests.cpu,
    'requests-memory': requests.memory,
    'limits-cpu': limits.cpu,
    'limits-memory': limits.memory,
  }
  return Object.fromEntries(Object.entries(filled).flatMap(([key, value]) => (value ? [[key, value]] : [])))
}
