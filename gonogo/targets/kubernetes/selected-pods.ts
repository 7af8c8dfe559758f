import type { KubernetesObject } from '@kubernetes/client-node'
import type { Pod } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'
import { isEnding, isReady } from './pods.ts'
import { LABELS } from './render.ts'
import type { Shares } from './route.ts'
import type { SavedState } from './saved-state.ts'
import { SLOTS, type Slot } from './slots.ts'

export type PublicService = KubernetesObject & { spec?: { selector?: Record<string, string> } }

/** Without a route, the public Service itself leads to the pods of several versions, and each pod gets as many requests. */
export const isByPods = ({ config }: { readonly config: KubernetesConfig }): boolean =>
  config.routes.length === 0

/** Per cent of new connections by slot, as the Service selects pods and these are ready. */
export function sharesByPods(
  { config }: { readonly config: KubernetesConfig },
  service: PublicService | null | undefined,
  pods: readonly Pod[],
): Shares {
  const { selector } = service?.spec ?? {}
  if (!selector) return {}
  const isSelected = ({ metadata }: Pod) =>
    Object.entries(selector).every(([key, value]) => metadata?.labels?.[key] === value)
  const isPublic = ({ metadata }: Pod) =>
    config.components[metadata?.labels?.[LABELS.component] ?? '']?.public ?? false
  const selected = pods.filter((pod) => !isEnding(pod) && isPublic(pod) && isSelected(pod))
  const ready = selected.filter(isReady)
  // The only slot that is selected has everything, whether anybody answers there or not.
  if (ready.length === 0)
    return SLOTS.includes(selector[LABELS.slot] as Slot) ? { [selector[LABELS.slot] as Slot]: 100 } : {}
  const shares: Partial<Record<Slot, number>> = {}
  for (const pod of ready) {
    const slot = pod.metadata?.labels?.[LABELS.slot] as Slot
    shares[slot] = (shares[slot] ?? 0) + 100 / ready.length
  }
  return shares
}

/** The one slot whose pods the Service selects, as the weights were set last; null: those of every slot. */
export function selectedSlot(state: Pick<SavedState, 'versions' | 'weights'>): Slot | null {
  const slots = Object.values(state.versions).flatMap(({ workload, slot }) =>
    (state.weights[workload.version] ?? 0) > 0 ? [slot] : [],
  )
  return slots.length > 1 ? null : (slots[0] ?? 'stable')
}
