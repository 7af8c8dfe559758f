import { z } from 'zod'
import type { Cluster } from '#connectors/kubernetes/index.ts'
import { AUTOSCALING, type Autoscaler, type Controller, type StatefulSet } from './cluster-api.ts'
import { CONTROLLERS, isSet } from './controllers.ts'
import { LABELS } from './render.ts'
import type { World } from './world.ts'

type Ref = { readonly kind: string; readonly name: string }

const isOf = (ref: Ref | undefined, { kind, metadata }: Controller): boolean =>
  ref !== undefined && ref.kind === kind && ref.name === metadata?.name

/** Whether an autoscaler decides the number of pods, as the watch has it: then no person changed it. */
export const isAutoscaled = ({ watches }: World, controller: Controller): boolean =>
  watches.autoscalers().some(({ spec }) => isOf(spec?.scaleTargetRef, controller))

const autoscalersOf = ({ api }: World) => api.list<Autoscaler>(AUTOSCALING, 'HorizontalPodAutoscaler', '')

/** How many pods autoscalers want of a component's now, by component; only those that an autoscaler decides on. */
export async function autoscaledSizes(world: World): Promise<Record<string, number>> {
  const autoscalers = await autoscalersOf(world)
  if (autoscalers.length === 0) return {}
  const selector = `${LABELS.of}=${world.of}`
  const lists = CONTROLLERS.map((kind) => world.api.list<Controller>('apps/v1', kind, selector))
  const sizes = (await Promise.all(lists)).flatMap((list, index) =>
    list
      .map((one) => ({ ...one, kind: CONTROLLERS[index] ?? '' }))
      .filter((one) => autoscalers.some(({ spec }) => isOf(spec?.scaleTargetRef, one)))
      .map((one) => [one.metadata?.labels?.[LABELS.component] ?? '', one.spec?.replicas ?? 0] as const),
  )
  return Object.fromEntries(sizes)
}

/**
 * The object with as many pods as there are now, where an autoscaler decides that. Never with fewer than are wanted: an
 * autoscaler takes pods away while there is no traffic, and leaves what is without any as it is.
 */
export async function withLiveReplicas(world: World, controller: Controller): Promise<Controller> {
  const autoscalers = await autoscalersOf(world)
  const autoscaler = autoscalers.find(({ spec }) => isOf(spec?.scaleTargetRef, controller))
  if (!autoscaler) return controller
  const { kind = '', metadata, spec } = controller
  const live = (await world.api.read<Controller>('apps/v1', kind, metadata?.name ?? ''))?.spec?.replicas ?? 0
  const most = autoscaler.spec?.maxReplicas ?? Number.POSITIVE_INFINITY
  const wanted = spec?.replicas ?? 1
  const replicas = Math.max(live, Math.min(wanted, most))
  const own = { ...spec, replicas }
  return { ...controller, spec: isSet(controller) ? keepingShare(own, replicas - wanted) : own } as Controller
}

/** More pods than were reckoned with are of the version that has the lower ordinals. */
function keepingShare(spec: object, more: number) {
  const { updateStrategy } = spec as NonNullable<StatefulSet['spec']>
  const { partition = 0, ...rest } = updateStrategy?.rollingUpdate ?? {}
  const rollingUpdate = { ...rest, partition: partition > 0 ? Math.max(1, partition + more) : 0 }
  return { ...spec, updateStrategy: { ...updateStrategy, rollingUpdate } }
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
  controllers: readonly Controller[],
  replicas: number,
): Promise<string[]> {
  const path = `/apis/${AUTOSCALING}/namespaces/${namespace}/horizontalpodautoscalers`
  return (await cluster.list(path, sizeSchema))
    .filter(({ spec }) => controllers.some((one) => isOf(spec.scaleTargetRef, one)))
    .filter(({ status }) => status.desiredReplicas > replicas)
    .map(
      ({ metadata, spec, status: { desiredReplicas } }) =>
        `HorizontalPodAutoscaler ${metadata.name} runs ${desiredReplicas} pods of ${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}, and a new version starts with ${replicas}: set target.replicas to what all traffic needs`,
    )
}
