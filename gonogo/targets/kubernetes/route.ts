import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesObject } from '@kubernetes/client-node'
import { type ClusterApi, statusOf } from './cluster-api.ts'

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

/** Which Services of a route gonogo may add, weigh and remove. */
export type Backends = {
  /** The public component's Service that the route leads to while no version is there. */
  readonly base: string
  /** Service of each version that is known. */
  readonly byVersion: ReadonlyMap<string, string>
}

const isOurs = (backends: Backends) => {
  const names = new Set([backends.base, ...backends.byVersion.values()])
  return ({ name }: BackendRef) => names.has(name)
}

/** Per cent by version, as the route has it; versions without a share are left out. */
export function sharesOf(route: Route, backends: Backends): Record<string, number> {
  const rule = route.spec?.rules?.find((one) => one.backendRefs?.some(isOurs(backends)))
  const weightOf = (service: string) =>
    rule?.backendRefs
      ?.filter((one) => one.name === service)
      .reduce((sum, one) => sum + (one.weight ?? 1), 0) ?? 0
  const weights = [...backends.byVersion].map(([version, service]) => [version, weightOf(service)] as const)
  const sum = weights.reduce((total, [, weight]) => total + weight, 0)
  return Object.fromEntries(
    weights.filter(([, weight]) => weight > 0).map(([version, weight]) => [version, (weight / sum) * 100]),
  )
}

/**
 * Puts weights on the versions' Services in every rule that leads to one of them, and on the base Service when no version
 * has any. Everything else of the route stays, also what others write meanwhile: the change holds only for the route as it
 * was read, and is made anew when it changed. Answers the route after the change, or null where there is no such route.
 */
export async function shareRoute(
  api: ClusterApi,
  name: string,
  backends: Backends,
  weights: Readonly<Record<string, number>>,
): Promise<Route | null> {
  for (let attempt = 1; ; attempt++) {
    const route = await api.read<Route>(ROUTE_API, 'HTTPRoute', name)
    if (!route) return null
    const operations = operationsFor(route, backends, weights)
    if (operations.length === 0) return route
    const unchanged = {
      op: 'test',
      path: '/metadata/resourceVersion',
      value: route.metadata?.resourceVersion,
    }
    try {
      return (await api.patchRoute(name, [unchanged, ...operations])) as Route
    } catch (error) {
      // A failed test of a JSON patch is 422, a change between read and write 409.
      if (![409, 422].includes(statusOf(error) ?? 0) || attempt === ATTEMPTS) throw error
    }
  }
}

function operationsFor(
  route: Route,
  backends: Backends,
  weights: Readonly<Record<string, number>>,
): object[] {
  const ours = isOurs(backends)
  const shares = Object.entries(weights).filter(([, weight]) => weight > 0)
  const scale = shares.every(([, weight]) => Number.isInteger(weight)) ? 1 : 1000
  return (route.spec?.rules ?? []).flatMap((rule, index) => {
    const refs = rule.backendRefs ?? []
    const model = refs.find(ours)
    if (!model) return []
    const wanted =
      shares.length > 0
        ? shares.map(([version, weight]) => ({
            ...model,
            name: backends.byVersion.get(version) ?? version,
            weight: Math.round(weight * scale),
          }))
        : [{ ...model, name: backends.base, weight: 1 }]
    const value = [...refs.filter((one) => !ours(one)), ...wanted]
    return JSON.stringify(value) === JSON.stringify(refs)
      ? []
      : [{ op: 'replace', path: `/spec/rules/${index}/backendRefs`, value }]
  })
}

/** Waits until the router says in the route's status that it has read this change. False when it does not in time. */
export async function confirmed(api: ClusterApi, route: Route): Promise<boolean> {
  const wanted = route.metadata?.generation ?? 0
  const deadline = performance.now() + CONFIRM_WITHIN_MS
  for (let current: Route | null = route; current; ) {
    if (hasRead(current, wanted)) return true
    if (performance.now() > deadline) return false
    await wait(CONFIRM_EVERY_MS)
    current = await api.read<Route>(ROUTE_API, 'HTTPRoute', route.metadata?.name ?? '')
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
