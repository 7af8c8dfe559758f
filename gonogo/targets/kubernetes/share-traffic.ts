import type { Outcome } from '../target.ts'
import { shareByPods } from './by-pods.ts'
import { apiMessage, type ClusterApi, statusOf } from './cluster-api.ts'
import type { RouteRef } from './config.ts'
import { endingProblem } from './ending.ts'
import { confirmed, ROUTE_API, type Route, type Shares, shareRoute, sharesOf } from './route.ts'
import { isByPods } from './selected-pods.ts'
import { SLOTS, type Slot } from './slots.ts'
import { refused, type World } from './world.ts'

type Shared = { readonly problem: Outcome | null; readonly note: string }
type Tried = { readonly ref: RouteRef; readonly route: Route | null; readonly error?: unknown }

/**
 * Gives the versions their weights, wherever they are now, and answers when the router has read it. A version that is ended
 * meanwhile gets nothing: whoever went back from it has the last word.
 */
export async function shareTraffic(world: World, weights: Readonly<Record<string, number>>): Promise<Shared> {
  const refusal = () => endingProblem(world, weights)
  const early = refusal()
  if (early) return { problem: early, note: '' }
  if (isByPods(world)) return shareByPods(world, weights)
  const { api, config, of, map } = world
  const shares = () => (refusal() ? null : sharesBySlot(world, weights))
  const changed = await Promise.all(
    config.routes.map(async (ref) => ({ ref, route: await shareRoute(api, ref, of, shares) })),
  )
  const missing = changed.find(({ route }) => !route)
  if (missing) return { problem: noRoute(world, missing.ref.kind, missing.ref.name), note: '' }
  const note = await unconfirmed(api, changed)
  const late = refusal()
  if (late) return { problem: late, note: '' }
  map.state.weights = { ...weights }
  return { problem: null, note }
}

/**
 * Gives a version everything, route by route: one that is gone, or that nobody may change, holds up none of the others. It is a
 * problem only where it still leads to another version; the note names it otherwise.
 */
export async function shareBack(world: World, version: string): Promise<Shared> {
  const weights = { [version]: 100 }
  if (isByPods(world)) return shareTraffic(world, weights)
  const { api, config, of, map } = world
  const refusal = () => endingProblem(world, weights)
  const shares = () => (refusal() ? null : sharesBySlot(world, weights))
  const tried = await Promise.all(
    config.routes.map(async (ref): Promise<Tried> => {
      try {
        return { ref, route: await shareRoute(api, ref, of, shares) }
      } catch (error) {
        return { ref, route: null, error }
      }
    }),
  )
  const notes: string[] = []
  for (const { ref, route, error } of tried) {
    if (route) continue
    if (error === undefined) notes.push(`there is no ${ref.kind} ${ref.name}`)
    // Nobody knows where it leads: the call is made again.
    else if (statusOf(error) === null) throw error
    else {
      const words = `${ref.kind} ${ref.name}: ${apiMessage(error)}`
      if (await leadsElsewhere(world, ref, sharesBySlot(world, weights)))
        return { problem: refused('route-refused', words), note: '' }
      notes.push(words)
    }
  }
  const unread = await unconfirmed(api, tried)
  const late = refusal()
  if (late) return { problem: late, note: '' }
  map.state.weights = weights
  return { problem: null, note: `${unread}${notes.map((one) => `; ${one}`).join('')}` }
}

async function leadsElsewhere({ api, of }: World, ref: RouteRef, wanted: Shares): Promise<boolean> {
  const route = await api.read<Route>(ROUTE_API, ref.kind, ref.name)
  return route !== null && SLOTS.some((slot) => sharesOf(route, of)[slot] && !wanted[slot])
}

async function unconfirmed(api: ClusterApi, changed: readonly Tried[]): Promise<string> {
  const read = await Promise.all(changed.map(({ ref, route }) => !route || confirmed(api, ref, route)))
  return read.every(Boolean) ? '' : ' (the router has not confirmed the route yet)'
}

function sharesBySlot({ map }: World, weights: Readonly<Record<string, number>>): Shares {
  const shares: Partial<Record<Slot, number>> = {}
  for (const [version, weight] of Object.entries(weights)) {
    const slot = map.state.versions[version]?.slot
    if (slot && weight > 0) shares[slot] = weight
  }
  return shares
}

export const noRoute = ({ config }: Pick<World, 'config'>, kind: string, name: string): Outcome =>
  refused(
    'no-route',
    `there is no ${kind} ${name} in ${config.namespace}; create it, or correct target.routes`,
  )
