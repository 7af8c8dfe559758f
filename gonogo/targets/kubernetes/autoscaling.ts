import { z } from 'zod'
import type { Cluster } from '#connectors/kubernetes/index.ts'
import { AUTOSCALING, type Autoscaler, type Deployment } from './cluster-api.ts'
import type { World } from './world.ts'

const ofDeployment = (name: string, { spec }: Autoscaler): boolean =>
  spec?.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === name

/** Whether an autoscaler decides the Deployment's number of pods, as the watch has it: then no person changed it. */
export const isAutoscaled = ({ watches }: World, deployment: string): boolean =>
  watches.autoscalers().some((one) => ofDeployment(deployment, one))

/**
 * The Deployment with as many pods as there are now, where an autoscaler decides that. Never with fewer than are wanted: an
 * autoscaler takes pods away while there is no traffic, and leaves a Deployment without any as it is.
 */
export async function withLiveReplicas({ api }: World, deployment: Deployment): Promise<Deployment> {
  const name = deployment.metadata?.name ?? ''
  const autoscalers = await api.list<Autoscaler>(AUTOSCALING, 'HorizontalPodAutoscaler', '')
  const autoscaler = autoscalers.find((one) => ofDeployment(name, one))
  if (!autoscaler) return deployment
  const live = (await api.read<Deployment>('apps/v1', 'Deployment', name))?.spec?.replicas ?? 0
  const most = autoscaler.spec?.maxReplicas ?? Number.POSITIVE_INFINITY
  const replicas = Math.max(live, Math.min(deployment.spec?.replicas ?? 1, most))
  return { ...deployment, spec: { ...deployment.spec, replicas } } as Deployment
}

const sizeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ scaleTargetRef: z.object({ kind: z.string(), name: z.string() }) }),
  status: z.object({ desiredReplicas: z.number().default(0) }).prefault({}),
})

/** A new version starts with the declared number of pods, and gets all traffic before it has the autoscaler's. */
export async function autoscalerWarnings(
  cluster: Cluster,
  namespace: string,
  deployments: readonly Deployment[],
  replicas: number,
): Promise<string[]> {
  const path = `/apis/${AUTOSCALING}/namespaces/${namespace}/horizontalpodautoscalers`
  const names = deployments.map(({ metadata }) => metadata?.name)
  return (await cluster.list(path, sizeSchema))
    .filter(({ spec: { scaleTargetRef: of } }) => of.kind === 'Deployment' && names.includes(of.name))
    .filter(({ status }) => status.desiredReplicas > replicas)
    .map(
      ({ metadata, spec, status: { desiredReplicas } }) =>
        `HorizontalPodAutoscaler ${metadata.name} runs ${desiredReplicas} pods of Deployment ${spec.scaleTargetRef.name}, and a new version starts with ${replicas}: set target.replicas to what all traffic needs`,
    )
}
