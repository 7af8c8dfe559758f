import { setTimeout as wait } from 'node:timers/promises'
import type { Outcome } from '../target.ts'
import type { Controller, Pod, StatefulSet } from './cluster-api.ts'
import { isSet } from './controllers.ts'
import { ended } from './ending.ts'
import { isReady } from './pods.ts'
import { freeStuckPods, isSetRolledOut, newPods } from './set-pods.ts'
import type { Place } from './slots.ts'
import { notReady, podsRefused, startFailure } from './start-failure.ts'
import { podsOf, type World } from './world.ts'

/** A change that no watch told of is seen this late. */
export const LOOK_EVERY_MS = 1000
/** An answer that takes longer came from an API that was away. */
const AWAY_MS = 3000
/**
 * What is ready must still be after so long. A kubelet may call a container ready before its probe was ever asked, where it
 * writes the status between the container's start and the probe's (KEP-4781 names the race), and takes that back at once.
 */
const HOLDS_MS = 300

export type Awaited = Place & {
  readonly component: string
  /** The object as it was written. */
  readonly controller: Controller
  /** Pods of this version. */
  readonly replicas: number
  /** False as soon as nobody wants it any more. */
  readonly goesOn: () => boolean
}

/** Null when the component has rolled out; a failure as soon as the cluster knows of one. */
export async function untilReady(
  world: World,
  awaited: Awaited,
  ready?: () => Promise<unknown>,
): Promise<Outcome | null> {
  const { readyTimeoutMs, roomTimeoutMs } = world.config
  const { version, controller, goesOn } = awaited
  const name = controller.metadata?.name ?? ''
  const sinceMs = Date.now()
  let deadline = performance.now() + readyTimeoutMs
  let before = ''
  let doneSince = Number.POSITIVE_INFINITY
  for (;;) {
    const changed = world.watches.next()
    const askedAt = performance.now()
    const { live, pods, all, isDone } = await look(world, awaited)
    // While the API was away, nobody started anything, and whoever does needs time to notice that it is back.
    const wasAway = performance.now() - askedAt > AWAY_MS
    const moved = isSet(controller) ? progressOf(all, pods) : ''
    if (wasAway || moved !== before) deadline = performance.now() + readyTimeoutMs
    before = moved
    if (ready && pods.some(isReady)) await ready()
    if (isDone) {
      doneSince = Math.min(doneSince, performance.now())
      if (awaited.replicas === 0 || performance.now() - doneSince >= HOLDS_MS) return null
      if (!goesOn()) return ended(version)
      await Promise.race([changed, wait(HOLDS_MS)])
      continue
    }
    doneSince = Number.POSITIVE_INFINITY
    const failure =
      (await startFailure(world.api, live, pods, roomTimeoutMs)) ??
      (isSet(controller) && pods.length < awaited.replicas
        ? await podsRefused(world.api, name, sinceMs)
        : null)
    if (failure) return failure
    if (!goesOn()) return ended(version)
    if (performance.now() > deadline)
      return notReady(world.api, pods.length > 0 ? pods : all, name, readyTimeoutMs)
    if (isSet(controller)) await freeStuckPods(world.api, live as StatefulSet | null, all)
    await Promise.race([changed, wait(LOOK_EVERY_MS)])
  }
}

/** `pods`: those of the version; `all`: of a StatefulSet also those that it has of another. */
async function look(world: World, { version, slot, component, controller, replicas }: Awaited) {
  const { kind = '', metadata } = controller
  const read = world.api.read<Controller>('apps/v1', kind, metadata?.name ?? '')
  if (!isSet(controller)) {
    const [live, pods] = await Promise.all([read, podsOf(world, { version, slot, component })])
    return { live, pods, all: pods, isDone: isRolledOut(live, pods.filter(isReady).length) }
  }
  const [live, all] = await Promise.all([read, podsOf(world, { component })])
  const set = live as StatefulSet | null
  return { live, pods: newPods(set, all), all, isDone: isSetRolledOut(set, all, replicas) }
}

/** A StatefulSet's pods come one after the other, each with the whole time; and one that drains has the time of its own. */
const progressOf = (all: readonly Pod[], pods: readonly Pod[]): string =>
  [pods.filter(isReady).length, all.length, all.some(isDraining) && Date.now()].join(' ')

const isDraining = ({ metadata }: Pod): boolean =>
  new Date(metadata?.deletionTimestamp ?? 0).getTime() > Date.now()

/** As `kubectl rollout status` has it; a status that speaks of an older spec says nothing about this one. */
function isRolledOut(live: Controller | null, readyPods: number): boolean {
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
  } = live?.status ?? {}
  const wanted = live?.spec?.replicas
  if (wanted === undefined || observedGeneration < (live?.metadata?.generation ?? 1)) return false
  return (
    [replicas, updatedReplicas, availableReplicas].every((count) => count === wanted) && readyPods >= wanted
  )
}
