import type { V2HorizontalPodAutoscaler } from '@kubernetes/client-node'
import type { ClusterApi, Deployment } from './cluster-api.ts'
import type { World } from './world.ts'

type Autoscaler = V2HorizontalPodAutoscaler & { kind?: string; apiVersion?: string }

/** Names of the Deployments whose number of pods an autoscaler decides: gonogo sets it nowhere. */
async function autoscaled(api: ClusterApi): Promise<ReadonlySet<string>> {
  const all = await api.list<Autoscaler>('autoscaling/v2', 'HorizontalPodAutoscaler', '')
  const targets = all.map(({ spec }) => spec?.scaleTargetRef)
  return new Set(targets.filter((one) => one?.kind === 'Deployment').map((one) => one?.name ?? ''))
}

/** The Deployment with as many pods as there are now, where an autoscaler decides that. */
export async function withLiveReplicas(world: World, deployment: Deployment): Promise<Deployment> {
  const name = deployment.metadata?.name ?? ''
  world.autoscaled.delete(name)
  if (!(await autoscaled(world.api)).has(name)) return deployment
  world.autoscaled.add(name)
  const live = await world.api.read<Deployment>('apps/v1', 'Deployment', name)
  const replicas = live?.spec?.replicas
  return replicas === undefined
    ? deployment
    : ({ ...deployment, spec: { ...deployment.spec, replicas } } as Deployment)
}
