import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesObject, V1EndpointSlice } from '@kubernetes/client-node'
import type { Pod } from './cluster-api.ts'
import { isAt, isReady } from './pods.ts'
import { isByPods } from './selected-pods.ts'
import { nameIn, type Place } from './slots.ts'
import { podsOf, settle, type World } from './world.ts'

const WITHIN_MS = 10_000
const LOOK_EVERY_MS = 100

/**
 * Waits until the Service of a slot leads to its ready pods and to no others, and the router has had a moment to hear of
 * it. A pod is ready before its Service knows: who sends traffic in between meets pods that are gone, or none. Not for
 * longer than that is `wanted`.
 */
export async function untilServed(world: World, place: Place, wanted = () => true): Promise<void> {
  // The public Service is changed to lead there only afterwards, to pods that are ready.
  if (isByPods(world)) return
  const deadline = performance.now() + WITHIN_MS
  const isServed = () => leadsTo(world, nameIn(place.slot, world.of), [place])
  while (wanted() && !(await isServed()) && performance.now() < deadline) await wait(LOOK_EVERY_MS)
  if (wanted()) await settle(world)
}

/** Whether a Service leads to the ready pods of these versions, in these slots, and to no others. */
export async function leadsTo(world: World, service: string, places: readonly Place[]): Promise<boolean> {
  const selector = `kubernetes.io/service-name=${service}`
  const component = Object.entries(world.config.components).find(([, one]) => one.public)?.[0]
  const [slices, pods] = await Promise.all([
    world.api.list<V1EndpointSlice & KubernetesObject>('discovery.k8s.io/v1', 'EndpointSlice', selector),
    podsOf(world, component ? { component } : {}),
  ])
  const served = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .flatMap(({ addresses }) => addresses)
  const isMeant = (pod: Pod) => places.some((place) => isAt(pod, place))
  const ready = pods.filter((pod) => isReady(pod) && isMeant(pod)).map(addressesOf)
  return (
    served.length > 0 &&
    ready.every((addresses) => addresses.some((one) => served.includes(one))) &&
    served.every((address) => ready.some((addresses) => addresses.includes(address)))
  )
}

/** One of each family that the cluster has; a Service of two has a slice for either. */
const addressesOf = ({ status }: Pod): readonly string[] =>
  status?.podIPs?.flatMap(({ ip }) => ip ?? []) ?? [status?.podIP ?? '']
