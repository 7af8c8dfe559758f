import type { Outcome } from '../target.ts'
import { shareByPods } from './by-pods.ts'
import { endingProblem } from './ending.ts'
import { confirmed, type Shares, shareRoute } from './route.ts'
import { isByPods } from './selected-pods.ts'
import type { Slot } from './slots.ts'
import { refused, type World } from './world.ts'

/**
 * Gives the versions their weights, wherever they are now, and answers when the router has read it. A version that is ended
 * meanwhile gets nothing: whoever went back from it has the last word.
 */
export async function shareTraffic(
  world: World,
  weights: Readonly<Record<string, number>>,
): Promise<{ readonly problem: Outcome | null; readonly note: string }> {
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
  const read = await Promise.all(
    changed.map(({ ref, route }) => (route ? confirmed(api, ref, route) : false)),
  )
  const late = refusal()
  if (late) return { problem: late, note: '' }
  map.state.weights = { ...weights }
  return {
    problem: null,
    note: read.every(Boolean) ? '' : ' (the router has not confirmed the route yet)',
  }
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
