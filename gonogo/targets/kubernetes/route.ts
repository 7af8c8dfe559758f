import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesObject } from '@kubernetes/client-node'
import { type ClusterApi, statusOf } from './cluster-api.ts'
import type { RouteRef } from './config.ts'
import { nameIn, SLOTS, type Slot } from './slots.ts'

export const ROUTE_API = 'gateway.networking.k8s.io/v1'
const ATTEMPTS = 10
const CONFIRM_WITHIN_MS = 3000
const CONFIRM_EVERY_MS = 20

type BackendRef = { readonly name: string; readonly weight?: number; readonly port?: number }
type Rule = { readonly backendRefs?: readonly BackendRef[] }
type Condition = { readonly observedGeneration?: number }
export type Route = KubernetesObject & {
  readonly spec?: { readonly rules?: readonly Rule[] }
  readonly status?: { readonly parents?: readonly { readonly conditions?: readonly Condition[] }[] }
}

/** Per cent of new requests by slot; a slot without any is left out. */
export type Shares = Readonly<Partial<Record<Slot, number>>>

const slotOf = (service: string, name: string): Slot | undefined =>
  SLOTS.find((slot) => nameIn(slot, service) === name)

/** As the route has it, in the first rule that leads to the service. */
export function sharesOf(route: Route, service: string): Shares {
  const rule = route.spec?.rules?.find((one) => one.backendRefs?.some((ref) => slotOf(service, ref.name)))
  const refs = (rule?.backendRefs ?? []).flatMap(({ name, weight = 1 }) => {
    const slot = slotOf(service, name)
    return slot && weight > 0 ? [{ slot, weight }] : []
  })
  const sum = refs.reduce((total, { weight }) => total + weight, 0)
  const shares: Partial<Record<Slot, number>> = {}
  for (const { slot, weight } of refs) shares[slot] = (shares[slot] ?? 0) + (weight / sum) * 100
  return shares
}

/**
 * Puts the shares into every rule that leads to the service; with none, the stable slot gets all. Everything else of the
 * route stays, also what others write meanwhile: the change holds only for the route as it was read, and is made anew
 * when it changed. `sharesNow` is asked each time: who has waited may find that versions have moved, or that nothing is to be
 * changed any more (null). Answers the route after the change, or null where there is no such route.
 */
export async function shareRoute(
  api: ClusterApi,
  ref: RouteRef,
  service: string,
  sharesNow: () => Shares | null,
): Promise<Route | null> {
  for (let attempt = 1; ; attempt++) {
    const route = await api.read<Route>(ROUTE_API, ref.kind, ref.name)
    if (!route) return null
    const shares = sharesNow()
    if (!shares) return route
    const operations = operationsFor(route, service, shares)
    if (operations.length === 0) return route
    const unchanged = {
      op: 'test',
      path: '/metadata/resourceVersion',
      value: route.metadata?.resourceVersion,
    }
    try {
      return (await api.patchRoute(ref, [unchanged, ...operations])) as Route
    } catch (error) {
      // A failed test of a JSON patch is 422, a change between read and write 409.
      if (![409, 422].includes(statusOf(error) ?? 0) || attempt === ATTEMPTS) throw error
    }
  }
}

function operationsFor(route: Route, service: string, shares: Shares): object[] {
  const wanted = SLOTS.flatMap((slot) => (shares[slot] ? [{ slot, weight: shares[slot] }] : []))
  const scale = wanted.every(({ weight }) => Number.isInteger(weight)) ? 1 : 1000
  return (route.spec?.rules ?? []).flatMap((rule, index) => {
    const refs = rule.backendRefs ?? []
    const model = refs.find(({ name }) => slotOf(service, name))
    if (!model) return []
    const ours =
      wanted.length > 0
        ? wanted.map(({ slot, weight }) => ({
            ...model,
            name: nameIn(slot, service),
            weight: Math.round(weight * scale),
          }))
        : [{ ...model, name: service, weight: 1 }]
    const value = [...refs.filter(({ name }) => !slotOf(service, name)), ...ours]
    return JSON.stringify(value) === JSON.stringify(refs)
      ? []
      : [{ op: 'replace', path: `/spec/rules/${index}/backendRefs`, value }]
  })
}

/** Waits until the router says in the route's status that it has read this change. False when it does not in time. */
export async function confirmed(api: ClusterApi, ref: RouteRef, route: Route): Promise<boolean> {
  const wanted = route.metadata?.generation ?? 0
  const deadline = performance.now() + CONFIRM_WITHIN_MS
  for (let current: Route | null = route; current; ) {
    if (hasRead(current, wanted)) return true
    if (performance.now() > deadline) return false
    await wait(CONFIRM_EVERY_MS)
    current = await api.read<Route>(ROUTE_API, ref.kind, ref.name)
  }
  return false
}

function hasRead(route: Route, generation: number): boolean {
  const parents = route.status?.parents ?? []
  return (
    parents.length > 0 &&
    parents.every(({ conditions = [] }) =>
      conditions.some((one) => (one.observedGeneration ?? 0) >= generation),
    )
  )
}
