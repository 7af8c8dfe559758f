import { setTimeout as wait } from 'node:timers/promises'
import type { Outcome, TargetState } from '../target.ts'
import { autoscaledSizes } from './autoscaling.ts'
import type { ClusterApi, Pod } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'
import { isSet } from './controllers.ts'
import { evictionOf, instanceOf, isAt, isEnding, isOver, isReady } from './pods.ts'
import { LABELS, labelOf } from './render.ts'
import { ROUTE_API, type Route, type Shares, sharesOf } from './route.ts'
import type { RouterCounters } from './router-counters.ts'
import type { VersionRecord } from './saved-state.ts'
import { isByPods, type PublicService, placeOf, sharesByPods } from './selected-pods.ts'
import { SLOTS, type Slot } from './slots.ts'
import type { StateMap } from './state-map.ts'
import type { Watches } from './watches.ts'

/** What the calls work on. */
export type World = {
  readonly config: KubernetesConfig
  /** Folder of the service file. */
  readonly root: string
  /** Name of the set: the public component's Service. */
  readonly of: string
  readonly api: ClusterApi
  readonly map: StateMap
  readonly watches: Watches
  /** Null where the router tells no metrics. */
  readonly counters: RouterCounters | null
  /** Versions that are being ended, or were, until they are deployed again: whatever is under way for them stops. */
  readonly ending: Set<string>
  /** Calls that give a version something, until they have settled. */
  readonly underWay: Set<UnderWay>
}

type UnderWay = { readonly versions: readonly string[]; readonly settled: Promise<unknown> }

export const done = (detail: string): Outcome => ({ ok: true, detail })
export const refused = (code: string, detail: string): Outcome => ({ ok: false, code, detail })

export const unknownVersion = (version: string): Outcome =>
  refused('unknown-version', `${version} is not deployed here; deploy it first`)

export function versionIn({ map }: World, slot: Slot): VersionRecord | undefined {
  return Object.values(map.state.versions).find((one) => one.slot === slot)
}

/** A version's pods, or one slot's, or a component's; a StatefulSet's are in no slot. None that has run to its end. */
export async function podsOf(
  { api, of }: World,
  { version, slot, component }: { version?: string; slot?: Slot; component?: string } = {},
): Promise<Pod[]> {
  const labels = {
    [LABELS.of]: of,
    ...(version !== undefined && { [LABELS.version]: labelOf(version) }),
    ...(slot && { [LABELS.slot]: slot }),
    ...(component && { [LABELS.component]: component }),
  }
  const selector = Object.entries(labels).map(([label, value]) => `${label}=${value}`)
  const pods = await api.list<Pod>('v1', 'Pod', selector.join(','))
  return pods.filter((pod) => !isOver(pod))
}

/**
 * Pods of the public component that are ready; none where a StatefulSet has no ready pod of the version any more, since what
 * is in front of it would ask nobody.
 */
export async function publicReady(world: World, version: string): Promise<number> {
  const record = world.map.state.versions[version]
  if (!record) return 0
  const pods = await podsOf(world, { version })
  const ready = pods.filter((pod) => isReady(pod) && isAt(pod, placeOf(record)))
  const readyOf = (component: string) => ready.filter((pod) => componentOf(pod) === component).length
  const sets = record.manifests.filter(({ objects }) => objects.some(isSet))
  if (sets.some(({ component }) => readyOf(component) === 0)) return 0
  return ready.filter((pod) => world.config.components[componentOf(pod)]?.public).length
}

const componentOf = ({ metadata }: Pod): string => metadata?.labels?.[LABELS.component] ?? ''

/** As the API answers now. */
export async function observe(world: World): Promise<TargetState> {
  const [main] = world.config.routes
  const [pods, autoscaled, front] = await Promise.all([
    podsOf(world),
    autoscaledSizes(world),
    main
      ? world.api.read<Route>(ROUTE_API, main.kind, main.name)
      : world.api.read<PublicService>('v1', 'Service', world.of),
  ])
  return { ...stateOf(world, pods, front), autoscaled }
}

/** `front`: what users come to first, the first route, or the Service where there is none. */
export function stateOf(
  world: World,
  pods: readonly Pod[],
  front: Route | PublicService | null | undefined,
): TargetState {
  const { config, map, of } = world
  const shares = isByPods(world)
    ? sharesByPods(world, front as PublicService | null | undefined, pods)
    : front && sharesOf(front as Route, of)
  const { stable, stableWorkload, versions } = map.state
  const byLabel = new Map(Object.keys(versions).map((version) => [labelOf(version), version]))
  const versionOf = ({ metadata }: Pod) => byLabel.get(metadata?.labels?.[LABELS.version] ?? '')
  const evicted = pods.flatMap((pod) => {
    const words = evictionOf(pod)
    return words === null ? [] : [{ version: versionOf(pod), component: componentOf(pod), words }]
  })
  const instances = pods
    .filter((pod) => !isEnding(pod) && !isOver(pod))
    .map((pod) => ({ pod, version: versionOf(pod) }))
    .flatMap(({ pod, version }) => (version ? [instanceOf(pod, version, config)] : []))
    .map((one) => {
      // Why another one is not ready yet: nobody would have started it.
      const before = evicted.find(
        ({ version, component }) => version === one.version && component === one.component,
      )
      return before && !one.ready ? { notReady: before.words, ...one } : one
    })
  return {
    stable,
    stableWorkload,
    workloads: Object.values(versions).map(({ workload, desired }) => ({ ...workload, replicas: desired })),
    instances,
    weights: shares ? weightsOf(world, shares) : {},
    url: config.url,
    secureUrl: null,
  }
}

function weightsOf(world: World, shares: Shares): Record<string, number> {
  return Object.fromEntries(
    SLOTS.flatMap((slot) => {
      const version = versionIn(world, slot)?.workload.version
      return version !== undefined && shares[slot] ? [[version, shares[slot]]] : []
    }),
  )
}

/** After the router has read a change, requests that it gave away before are still on their way to a pod. */
const SETTLE_MS = 300
/** Where Services lead is written anew on each node, a second after the time before at the earliest. */
const SETTLE_BY_PODS_MS = 1500

/** Before pods are ended that had traffic a moment ago. */
export const settle = (world: World): Promise<void> => wait(isByPods(world) ? SETTLE_BY_PODS_MS : SETTLE_MS)
