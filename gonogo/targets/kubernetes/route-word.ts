import { setTimeout as wait } from 'node:timers/promises'
import type { ClusterApi } from './cluster-api.ts'
import type { RouteRef } from './config.ts'
import { type Parent, ROUTE_API, type Route } from './route.ts'

/** Most routers tell at once; one in front of a cloud's load balancer takes its time. */
const SOON_MS = 3000
const LOOK_SOON_MS = 20
const LOOK_LATER_MS = 500

export type Patience = { readonly withinMs?: number; readonly wanted?: () => boolean }

/**
 * Waits until every router that the route names says that it has taken this change; null then, and where nobody wants it any more.
 * What is wrong in words otherwise: one that refuses it has read it, too.
 */
export async function unconfirmed(
  api: ClusterApi,
  ref: RouteRef,
  route: Route,
  { withinMs = SOON_MS, wanted = () => true }: Patience = {},
): Promise<string | null> {
  const generation = route.metadata?.generation ?? 0
  const startedAt = performance.now()
  for (let current: Route | null = route; current && wanted(); ) {
    const { isRead, refusal } = wordOf(current, generation)
    if (isRead) return refusal && `${ref.kind} ${ref.name}: the router says ${refusal}`
    const tookMs = performance.now() - startedAt
    if (tookMs > withinMs) return `${ref.kind} ${ref.name}: the router has not confirmed it yet`
    await wait(tookMs < SOON_MS ? LOOK_SOON_MS : LOOK_LATER_MS)
    current = await api.read<Route>(ROUTE_API, ref.kind, ref.name)
  }
  // What is not there leads nowhere.
  return null
}

/** One that the route does not name any more may have left its word there, and one that is gone has none. */
function wordOf({ metadata, spec, status }: Route, generation: number) {
  const { parentRefs = [] } = spec ?? {}
  const keys = parentRefs.map((parent) => keyOf(parent, metadata?.namespace))
  const told = (status?.parents ?? []).filter((one) =>
    keys.includes(keyOf(one.parentRef, metadata?.namespace)),
  )
  const accepted = told.map(({ conditions = [] }) =>
    // Whether all Services that it leads to exist, others' among them, is another condition.
    conditions.find(
      ({ type, observedGeneration = 0 }) => type === 'Accepted' && observedGeneration >= generation,
    ),
  )
  const refused = accepted.find((one) => one?.status === 'False')
  return {
    // One that is attached to nothing leads nobody anywhere.
    isRead: parentRefs.length === 0 || (told.length > 0 && accepted.every(Boolean)),
    refusal: refused ? [refused.reason, refused.message].filter(Boolean).join(': ') : null,
  }
}

const keyOf = ({ name, namespace, kind, group, sectionName, port }: Parent, own = ''): string =>
  JSON.stringify([
    group ?? 'gateway.networking.k8s.io',
    kind ?? 'Gateway',
    namespace ?? own,
    name,
    sectionName ?? '',
    port ?? 0,
  ])
