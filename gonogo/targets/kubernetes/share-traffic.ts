import type { Outcome } from '../target.ts'
import { shareByPods } from './by-pods.ts'
import { apiMessage, statusOf } from './cluster-api.ts'
import type { RouteRef } from './config.ts'
import { endingProblem } from './ending.ts'
import { ROUTE_API, type Route, type Shares, shareRoute, sharesByRule } from './route.ts'
import { type Patience, unconfirmed } from './route-word.ts'
import { isByPods } from './selected-pods.ts'
import { SLOTS, type Slot } from './slots.ts'
import { refused, settle, type World } from './world.ts'

/** A router that has not read its route still sends requests to pods of before. */
const LEFT_WITHIN_MS = 60_000

/** `unread`: which route leads nobody there, or not yet; `note`: what else is to be said. Both come after what was done. */
type Shared = { readonly problem: Outcome | null; readonly note: string; readonly unread: string }
const failed = (problem: Outcome): Shared => ({ problem, note: '', unread: '' })
type Tried = { readonly ref: RouteRef; readonly route: Route | null; readonly error?: unknown }

/**
 * Gives the versions their weights, wherever they are now, and answers when the router has read it. A version that is ended
 * meanwhile gets nothing: whoever went back from it has the last word.
 */
export async function shareTraffic(world: World, weights: Readonly<Record<string, number>>): Promise<Shared> {
  const refusal = () => endingProblem(world, weights)
  const early = refusal()
  if (early) return failed(early)
  if (isByPods(world)) return { ...(await shareByPods(world, weights)), unread: '' }
  const { api, config, of, map } = world
  const shares = () => (refusal() ? null : sharesBySlot(world, weights))
  const changed = await Promise.all(
    config.routes.map(async (ref) => ({ ref, route: await shareRoute(api, ref, of, shares) })),
  )
  const missing = changed.find(({ route }) => !route)
  if (missing) return failed(noRoute(world, missing.ref.kind, missing.ref.name))
  const unread = await unreadOf(world, changed)
  const late = refusal()
  if (late) return failed(late)
  map.state.weights = { ...weights }
  return { problem: null, note: '', unread }
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
        return failed(refused('route-refused', words))
      notes.push(words)
    }
  }
  const unread = await unreadOf(world, tried)
  const late = refusal()
  if (late) return failed(late)
  map.state.weights = weights
  return { problem: null, note: notes.map((one) => `; ${one}`).join(''), unread }
}

async function leadsElsewhere({ api, of }: World, ref: RouteRef, wanted: Shares): Promise<boolean> {
  const route = await api.read<Route>(ROUTE_API, ref.kind, ref.name)
  const rules = route ? sharesByRule(route, of) : []
  return rules.some((shares) => SLOTS.some((slot) => shares[slot] && !wanted[slot]))
}

/**
 * Before pods are ended that had traffic a moment ago: waits until every router has read its route, a minute at most, and for what
 * is on its way. Answers a note where one has not. Not for longer than that is `wanted`.
 */
export async function untilLeft(world: World, wanted = () => true): Promise<string> {
  const { api, config } = world
  const routes = isByPods(world) ? [] : config.routes
  const read = routes.map(async (ref) => ({
    ref,
    route: await api.read<Route>(ROUTE_API, ref.kind, ref.name),
  }))
  const note = await unreadOf(world, await Promise.all(read), { withinMs: LEFT_WITHIN_MS, wanted })
  if (wanted()) await settle(world)
  return note
}

async function unreadOf({ api, of }: World, tried: readonly Tried[], patience?: Patience): Promise<string> {
  const wordsOf = async ({ ref, route }: Tried) => {
    if (!route) return null
    const word = await unconfirmed(api, ref, route, patience)
    if (word !== null || sharesByRule(route, of).length > 0) return word
    return `${ref.kind} ${ref.name} leads to ${of} in no rule`
  }
  const words = await Promise.all(tried.map(wordsOf))
  return words.flatMap((one) => (one ? [`; ${one}`] : [])).join('')
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
