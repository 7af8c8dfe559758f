import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesObject } from '@kubernetes/client-node'
import { type ClusterApi, statusOf } from './cluster-api.ts'
import type { RouteRef } from './config.ts'
import { nameIn, SLOTS, type Slot } from './slots.ts'

export const ROUTE_API = 'gateway.networking.k8s.io/v1'
const ATTEMPTS = 10
/** A weight may not be larger. */
const MOST = 1_000_000
/** Most routers tell at once; one in front of a cloud's load balancer takes its time. */
const SOON_MS = 3000
const LOOK_SOON_MS = 20
const LOOK_LATER_MS = 500

type BackendRef = {
  readonly name: string
  readonly namespace?: string
  readonly kind?: string
  readonly weight?: number
  readonly port?: number
}
type Rule = { readonly backendRefs?: readonly BackendRef[] }
type Condition = {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration?: number
}
type Parent = { readonly name: string; readonly namespace?: string; readonly sectionName?: string }
export type Route = KubernetesObject & {
  readonly spec?: { readonly parentRefs?: readonly Parent[]; readonly rules?: readonly Rule[] }
  readonly status?: {
    readonly parents?: readonly { readonly parentRef: Parent; readonly conditions?: readonly Condition[] }[]
  }
}

/** Per cent of new requests by slot; a slot without any is left out. */
export type Shares = Readonly<Partial<Record<Slot, number>>>

/** Another namespace may have a Service of the same name, and what has it here may be no Service. */
function slotOf(route: Route, service: string, { name, namespace, kind = 'Service' }: BackendRef) {
  if (kind !== 'Service' || (namespace ?? route.metadata?.namespace) !== route.metadata?.namespace) return
  return SLOTS.find((slot) => nameIn(slot, service) === name)
}

/** As the route has it, in the first rule that leads to the service. */
export const sharesOf = (route: Route, service: string): Shares => sharesByRule(route, service)[0] ?? {}

/** As the route has it, in each rule that leads to the service. */
export function sharesByRule(route: Route, service: string): Shares[] {
  const rules = (route.spec?.rules ?? []).map(({ backendRefs = [] }) =>
    backendRefs.flatMap((ref) => {
      const slot = slotOf(route, service, ref)
      return slot ? [{ slot, weight: ref.weight ?? 1 }] : []
    }),
  )
  return rules.filter((refs) => refs.length > 0).map(sharesIn)
}

function sharesIn(all: readonly { readonly slot: Slot; readonly weight: number }[]): Shares {
  const refs = all.filter(({ weight }) => weight > 0)
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
    const model = refs.find((ref) => slotOf(route, service, ref))
    if (!model) return []
    const ours =
      wanted.length > 0
        ? wanted.map(({ slot, weight }) => ({
            ...model,
            name: nameIn(slot, service),
            weight: Math.round(weight * scale),
          }))
        : [{ ...model, name: service, weight: 1 }]
    const [before, after] = [sumOf(refs.filter((ref) => slotOf(route, service, ref))), sumOf(ours)]
    // Whoever else has a share of the rule keeps it.
    const factor = before > 0 ? after / before : 1
    const others = refs.filter((ref) => !slotOf(route, service, ref))
    const value = [...others.map((ref) => (factor === 1 ? ref : scaled(ref, factor))), ...ours]
    return JSON.stringify(value) === JSON.stringify(refs)
      ? []
      : [{ op: 'replace', path: `/spec/rules/${index}/backendRefs`, value }]
  })
}

const sumOf = (refs: readonly BackendRef[]): number => refs.reduce((sum, { weight = 1 }) => sum + weight, 0)

function scaled(ref: BackendRef, factor: number): BackendRef {
  const { weight = 1 } = ref
  return weight === 0 ? ref : { ...ref, weight: Math.min(MOST, Math.max(1, Math.round(weight * factor))) }
}

/** Waits until every router that the route names says that it has taken this change; null then, or what is wrong in words. */
export async function unconfirmed(
  api: ClusterApi,
  ref: RouteRef,
  route: Route,
  withinMs = SOON_MS,
): Promise<string | null> {
  const wanted = route.metadata?.generation ?? 0
  const startedAt = performance.now()
  for (let current: Route | null = route; current; ) {
    const problem = problemOf(current, wanted)
    if (problem === null) return null
    const tookMs = performance.now() - startedAt
    if (tookMs > withinMs) return `${ref.kind} ${ref.name}: ${problem}`
    await wait(tookMs < SOON_MS ? LOOK_SOON_MS : LOOK_LATER_MS)
    current = await api.read<Route>(ROUTE_API, ref.kind, ref.name)
  }
  // What is not there leads nowhere.
  return null
}

/** A router that the route does not name any more may have left its word there. */
function problemOf({ spec, status }: Route, generation: number): string | null {
  const { parentRefs = [] } = spec ?? {}
  for (const parent of parentRefs) {
    const told = status?.parents?.filter(({ parentRef }) => isSame(parent, parentRef)) ?? []
    const conditions = told.flatMap(({ conditions = [] }) => conditions)
    // Whether all Services that it leads to exist, others' among them, is another condition.
    const accepted = conditions.filter(
      ({ type, observedGeneration = 0 }) => type === 'Accepted' && observedGeneration >= generation,
    )
    if (accepted.length === 0) return 'the router has not confirmed it yet'
    const refusal = accepted.find((one) => one.status === 'False')
    if (refusal) return `the router says ${[refusal.reason, refusal.message].filter(Boolean).join(': ')}`
  }
  // One that is attached to nothing leads nobody anywhere.
  return null
}

const isSame = (one: Parent, other: Parent): boolean =>
  one.name === other.name && (one.sectionName ?? '') === (other.sectionName ?? '')
