import type { KubernetesObject } from '@kubernetes/client-node'
import type { Pod } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'
import { isAt, isEnding, isReady } from './pods.ts'
import { LABELS, labelOf } from './render.ts'
import type { Shares } from './route.ts'
import type { SavedState, VersionRecord } from './saved-state.ts'
import { type Place, SLOTS, type Slot } from './slots.ts'

export type PublicService = KubernetesObject & { spec?: { selector?: Record<string, string> } }

/** Without a route, the public Service itself leads to the pods of several versions, and each pod gets as many requests. */
export const isByPods = ({ config }: { readonly config: KubernetesConfig }): boolean =>
  config.routes.length === 0

/** Per cent of new connections by slot, as the Service selects pods and these are ready. */
export function sharesByPods(
  {
    config,
    map: { state },
  }: { readonly config: KubernetesConfig; readonly map: { readonly state: Versions } },
  service: PublicService | null | undefined,
  pods: readonly Pod[],
): Shares {
  const { selector } = service?.spec ?? {}
  if (!selector) return {}
  const places = Object.values(state.versions).map(placeOf)
  const isSelected = ({ metadata }: Pod) =>
    Object.entries(selector).every(([key, value]) => metadata?.labels?.[key] === value)
  const isPublic = ({ metadata }: Pod) =>
    config.components[metadata?.labels?.[LABELS.component] ?? '']?.public ?? false
  const selected = pods.filter((pod) => !isEnding(pod) && isPublic(pod) && isSelected(pod))
  const ready = selected.filter(isReady)
  // The only one that is selected has everything, whether anybody answers there or not.
  if (ready.length === 0) {
    const slot =
      SLOTS.find((one) => one === selector[LABELS.slot]) ??
      places.find(({ version }) => labelOf(version) === selector[LABELS.version])?.slot
    return slot ? { [slot]: 100 } : {}
  }
  const shares: Partial<Record<Slot, number>> = {}
  for (const pod of ready) {
    const slot = SLOTS.find((one) => one === pod.metadata?.labels?.[LABELS.slot])
    const found = slot ?? places.find((place) => isAt(pod, place))?.slot
    if (found) shares[found] = (shares[found] ?? 0) + 100 / ready.length
  }
  return shares
}

type Versions = Pick<SavedState, 'versions'>

export const placeOf = ({ slot, workload: { version } }: VersionRecord): Place => ({ slot, version })

/** Whose pods alone the Service selects, as the weights were set last; null: those of every version; undefined: nobody's yet. */
export function selectedPlace(state: Pick<SavedState, 'versions' | 'weights'>): Place | null | undefined {
  const places = Object.values(state.versions)
    .filter(({ workload }) => (state.weights[workload.version] ?? 0) > 0)
    .map(placeOf)
  return places.length > 1 ? null : places[0]
}
