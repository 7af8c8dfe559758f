import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesObject } from '@kubernetes/client-node'
import type { Outcome } from '../target.ts'
import { withLiveReplicas } from './autoscaling.ts'
import type { Deployment } from './cluster-api.ts'
import { isEnding, isReady } from './pods.ts'
import { LABELS, type RenderedVersion, renderVersion } from './render.ts'
import type { VersionRecord } from './saved-state.ts'
import { isByPods, selectedSlot } from './selected-pods.ts'
import type { Slot } from './slots.ts'
import { notReady, startFailure } from './start-failure.ts'
import { done, podsOf, refused, type World } from './world.ts'

/** A change that no watch told of is seen this late. */
const LOOK_EVERY_MS = 1000
const ENDING_WITHIN_MS = 10_000
/** An answer that takes longer came from an API that was away. */
const AWAY_MS = 3000

export function render(world: World, record: VersionRecord, slot: Slot, replicas: number): RenderedVersion {
  const { workload, manifests } = record
  return renderVersion({
    namespace: world.config.namespace,
    of: world.of,
    workload,
    manifests,
    slot,
    replicas,
    ...(isByPods(world) && { selected: selectedSlot(world.map.state) }),
  })
}

/**
 * Makes a slot hold a version: creates or changes its objects, component by component, and waits for each before the
 * next. `ready` is called whenever some pod of the component is ready while others are still awaited.
 */
export async function bringUp(
  world: World,
  record: VersionRecord,
  slot: Slot,
  replicas: number,
  ready?: () => Promise<unknown>,
): Promise<Outcome> {
  const startedAt = performance.now()
  const { configMap, components } = render(world, record, slot, replicas)
  await world.api.apply(configMap)
  const { version } = record.workload
  for (const { deployment, services, name } of components) {
    for (const service of services) await world.api.apply(service)
    const wanted = replicas > 0 ? await withLiveReplicas(world, deployment) : deployment
    // Whoever goes back has said so: nothing of the version may be written after that.
    if (world.ending.has(version)) return ended(version)
    await world.api.apply(wanted)
    const awaited = { version, slot, component: name, deployment: wanted.metadata?.name ?? '' }
    const outcome = await untilReady(world, awaited, ready)
    if (outcome) return outcome
  }
  return done(`${replicas} of ${version} ready after ${Math.round(performance.now() - startedAt)} ms`)
}

const ended = (version: string): Outcome => refused('ended', `${version} was ended while it started`)

type Awaited = {
  readonly version: string
  readonly slot: Slot
  readonly component: string
  readonly deployment: string
}

/** Null when the component has rolled out; a failure as soon as the cluster knows of one. */
async function untilReady(
  world: World,
  awaited: Awaited,
  ready?: () => Promise<unknown>,
): Promise<Outcome | null> {
  const { readyTimeoutMs, roomTimeoutMs } = world.config
  let deadline = performance.now() + readyTimeoutMs
  for (;;) {
    const changed = world.watches.next()
    const askedAt = performance.now()
    const [deployment, pods] = await Promise.all([
      world.api.read<Deployment>('apps/v1', 'Deployment', awaited.deployment),
      podsOf(world, awaited),
    ])
    // While the API was away, nobody started anything, and whoever does needs time to notice that it is back.
    if (performance.now() - askedAt > AWAY_MS) deadline = performance.now() + readyTimeoutMs
    if (ready && pods.some(isReady)) await ready()
    if (isRolledOut(deployment, pods.filter(isReady).length)) return null
    const failure = await startFailure(world.api, deployment, pods, roomTimeoutMs)
    if (failure) return failure
    if (world.ending.has(awaited.version)) return ended(awaited.version)
    if (performance.now() > deadline) return notReady(world.api, pods, awaited.deployment, readyTimeoutMs)
    await Promise.race([changed, wait(LOOK_EVERY_MS)])
  }
}

/** As `kubectl rollout status` has it; a status that speaks of an older spec says nothing about this one. */
function isRolledOut(deployment: Deployment | null, readyPods: number): boolean {
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
  } = deployment?.status ?? {}
  const wanted = deployment?.spec?.replicas
  if (wanted === undefined || observedGeneration < (deployment?.metadata?.generation ?? 1)) return false
  return (
    [replicas, updatedReplicas, availableReplicas].every((count) => count === wanted) && readyPods >= wanted
  )
}

/** Takes a slot's objects away; pods drain as their own manifests say. What the router counted for it is kept. */
export async function emptySlot(world: World, slot: Slot): Promise<void> {
  await world.counters?.remember(slot)
  const selector = `${LABELS.of}=${world.of},${LABELS.slot}=${slot}`
  for (const [apiVersion, kind] of [
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
  ] as const) {
    const objects = await world.api.list<KubernetesObject>(apiVersion, kind, selector)
    await Promise.all(objects.map((one) => world.api.remove(apiVersion, kind, one.metadata?.name ?? '')))
  }
  await untilEnding(world, slot)
}

/** The cluster ends a Deployment's pods a moment after the Deployment is gone; by then nobody should count them. */
async function untilEnding(world: World, slot: Slot): Promise<void> {
  const deadline = performance.now() + ENDING_WITHIN_MS
  while (performance.now() < deadline) {
    const changed = world.watches.next()
    if ((await podsOf(world, { slot })).every(isEnding)) return
    await Promise.race([changed, wait(LOOK_EVERY_MS)])
  }
}

/** Takes away each ConfigMap of the set that neither a known version nor a revision that could be undone refers to. */
export async function removeOldConfiguration(world: World): Promise<void> {
  const { api, of, map } = world
  const selector = `${LABELS.of}=${of}`
  const [maps, revisions] = await Promise.all([
    api.list<KubernetesObject>('v1', 'ConfigMap', selector),
    api.list<KubernetesObject>('apps/v1', 'ReplicaSet', selector),
  ])
  const needed = new Set(
    Object.values(map.state.versions).map(
      (record) => render(world, record, record.slot, 0).configMap.metadata?.name,
    ),
  )
  const history = JSON.stringify(revisions)
  for (const { metadata } of maps) {
    const name = metadata?.name ?? ''
    if (!needed.has(name) && !history.includes(`"${name}"`)) await api.remove('v1', 'ConfigMap', name)
  }
}
