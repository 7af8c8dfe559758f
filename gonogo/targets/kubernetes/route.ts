import type { KubernetesObject } from '@kubernetes/client-node'
import { asRead, untilUnchanged } from './change-as-read.ts'
import type { ClusterApi } from './cluster-api.ts'
import type { RouteRef } from './config.ts'
import { nameIn, SLOTS, type Slot } from './slots.ts'

export const ROUTE_API = 'gateway.networking.k8s.io/v1'
const MOST = 1_000_000
/** Of a per cent. */
const FINE = 1000

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
export type Parent = {
  readonly name: string
  readonly namespace?: string
  readonly kind?: string
  readonly group?: string
  readonly sectionName?: string
  readonly port?: number
}
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
  return (route.spec?.rules ?? []).flatMap((rule) => {
    const { ours, isElsewhere } = partsOf(route, service, rule)
    return ours.length === 0 || isElsewhere ? [] : [sharesIn(ours)]
  })
}

/** The backends of a rule: ours and those of others. `isElsewhere`: somebody gave all of it to others. */
function partsOf(route: Route, service: string, { backendRefs = [] }: Rule) {
  const all = backendRefs.map((ref) => ({ ref, slot: slotOf(route, service, ref), weight: ref.weight ?? 1 }))
  const ours = all.flatMap(({ ref, slot, weight }) => (slot ? [{ ref, slot, weight }] : []))
  const others = all.flatMap(({ ref, slot }) => (slot ? [] : [ref]))
  return { ours, others, isElsewhere: sumOf(ours) === 0 && sumOf(others) > 0 }
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
  return untilUnchanged(async () => {
    const route = await api.read<Route>(ROUTE_API, ref.kind, ref.name)
    if (!route) return null
    const shares = sharesNow()
    const operations = shares ? changesTo(route, service, shares) : []
    return operations.length > 0
      ? ((await api.patchRoute(ref, [asRead(route), ...operations])) as Route)
      : route
  })
}

/** The JSON patch that gives a route these shares; empty where it has them, or no rule of it leads to the service. */
export function changesTo(route: Route, service: string, shares: Shares): object[] {
  const wanted = SLOTS.flatMap((slot) => (shares[slot] ? [{ slot, weight: shares[slot] }] : []))
  return (route.spec?.rules ?? []).flatMap((rule, index) => {
    const { ours, others, isElsewhere } = partsOf(route, service, rule)
    const [model] = ours
    if (!model || isElsewhere) return []
    const before = sumOf(ours) || 1
    const isWhole = wanted.every(({ weight }) => Number.isInteger(weight))
    const largest = Math.max(0, ...others.map(({ weight = 1 }) => weight / before))
    // A weight is a whole number, and may not be larger than a million.
    const scale = isWhole || largest * 100 * FINE > MOST ? 1 : FINE
    const refOf = (slot: Slot, weight: number) => ({ ...model.ref, name: nameIn(slot, service), weight })
    const next =
      wanted.length > 0
        ? wanted.map(({ slot, weight }) => refOf(slot, Math.round(weight * scale)))
        : [refOf('stable', before)]
    // Whoever else has a share of the rule keeps it.
    const factor = sumOf(next) / before
    const value = [...others.map((ref) => (factor === 1 ? ref : scaled(ref, factor))), ...next]
    return JSON.stringify(value) === JSON.stringify(rule.backendRefs)
      ? []
      : [{ op: 'replace', path: `/spec/rules/${index}/backendRefs`, value }]
  })
}

const sumOf = (refs: readonly { readonly weight?: number }[]): number =>
  refs.reduce((sum, { weight = 1 }) => sum + weight, 0)

function scaled(ref: BackendRef, factor: number): BackendRef {
  const { weight = 1 } = ref
  return weight === 0 ? ref : { ...ref, weight: Math.min(MOST, Math.max(1, Math.round(weight * factor))) }
}
