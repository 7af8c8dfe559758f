import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesObject } from '@kubernetes/client-node'
import type { Outcome } from '../target.ts'
import { withLiveReplicas } from './autoscaling.ts'
import type { Controller, StatefulSet } from './cluster-api.ts'
import { isSet, setsOf } from './controllers.ts'
import { ended } from './ending.ts'
import { isEnding } from './pods.ts'
import { LABELS, labelOf, type RenderedVersion, renderVersion } from './render.ts'
import type { Manifest, VersionRecord } from './saved-state.ts'
import { isByPods, selectedPlace } from './selected-pods.ts'
import { setShare } from './set-share.ts'
import { nameIn, SLOTS, type Slot } from './slots.ts'
import { LOOK_EVERY_MS, untilReady } from './until-ready.ts'
import { done, podsOf, type World } from './world.ts'
import { noteWritten } from './written.ts'

const ENDING_WITHIN_MS = 10_000

export function render(world: World, record: VersionRecord, slot: Slot, replicas: number): RenderedVersion {
  const { workload, manifests } = record
  const share = setShare(world, record, replicas)
  const selected = isByPods(world) ? selectedPlace(world.map.state) : undefined
  return renderVersion({
    namespace: world.config.namespace,
    of: world.of,
    workload,
    manifests,
    slot,
    replicas,
    ...(share && { share }),
    ...(selected !== undefined && { selected }),
  })
}

/**
 * Makes a slot hold a version: creates or changes its objects, component by component, and waits for each before the
 * next. `ready` is called whenever some pod of the component is ready while others are still awaited. Nothing is written
 * once the version is ended, or `wanted` says that it is not wanted there any more.
 */
export async function bringUp(
  world: World,
  record: VersionRecord,
  slot: Slot,
  replicas: number,
  { ready, wanted = () => true }: { ready?: () => Promise<unknown>; wanted?: () => boolean } = {},
): Promise<Outcome> {
  const startedAt = performance.now()
  const { configMap, components } = render(world, record, slot, replicas)
  const { version } = record.workload
  // Whoever goes back has said so: nothing of the version may be written after that.
  const goesOn = () => !world.ending.has(version) && wanted()
  if (!goesOn()) return ended(version)
  await world.api.apply(configMap)
  for (const { controller, services, name } of components) {
    for (const service of services) {
      if (!goesOn()) return ended(version)
      await world.api.apply(service)
    }
    // A newer version has its StatefulSets, and has said how many pods it leaves to this one.
    if (isSet(controller) && setShare(world, record, replicas) === null) continue
    const own = replicas > 0 ? await withLiveReplicas(world, controller) : controller
    for (const controller of await inTurn(world, own)) {
      if (!goesOn()) return ended(version)
      noteWritten(world, (await world.api.apply(controller)) as Controller)
      const awaited = { version, slot, component: name, controller, replicas, goesOn }
      const outcome = await untilReady(world, awaited, ready)
      if (outcome) return outcome
    }
  }
  return done(`${replicas} of ${version} ready after ${Math.round(performance.now() - startedAt)} ms`)
}

/** A StatefulSet's highest pods are the new ones, and those that go when it shrinks: before it does, the others are new as well. */
async function inTurn({ api }: World, wanted: Controller): Promise<Controller[]> {
  if (!isSet(wanted) || !wanted.spec?.replicas) return [wanted]
  const live = await api.read<StatefulSet>('apps/v1', 'StatefulSet', wanted.metadata?.name ?? '')
  const replicas = live?.spec?.replicas ?? 0
  return replicas > wanted.spec.replicas
    ? [{ ...wanted, spec: { ...wanted.spec, replicas } } as StatefulSet, wanted]
    : [wanted]
}

/**
 * Takes a slot's objects away; pods drain as their own manifests say. What the router counted for it is kept. Nothing is
 * taken from a version that holds the slot, other than the `holder` whose slot it is to be no more.
 */
export async function emptySlot(world: World, slot: Slot, holder?: VersionRecord): Promise<void> {
  const isTaken = () =>
    Object.values(world.map.state.versions).some((one) => one.slot === slot && one !== holder)
  if (isTaken()) return
  await world.counters?.remember(slot)
  await removeFrom(world, slot, () => !isTaken())
  await untilEnding(world, { slot })
}

/**
 * What slots have that no version holds: a promotion that was broken off has left some of it. In the stable one only where no
 * version is left at all.
 */
export async function emptyUnheldSlots(world: World): Promise<void> {
  const held = Object.values(world.map.state.versions).map(({ slot }) => slot)
  for (const slot of SLOTS)
    if (!held.includes(slot) && (slot !== 'stable' || held.length === 0)) await emptySlot(world, slot)
}

/** What the stable slot has beside the components of its version: the one before had more of them. */
export async function removeOthers(world: World, { manifests }: VersionRecord): Promise<void> {
  const own = new Set(namesOf(manifests, 'stable'))
  await removeFrom(world, 'stable', (one) => !own.has(one))
}

async function removeFrom(world: World, slot: Slot, isToGo: (object: string) => boolean): Promise<void> {
  const { api, of, map } = world
  const selector = `${LABELS.of}=${of},${LABELS.slot}=${slot}`
  const known = [...Object.values(map.state.versions), ...map.state.archive]
  // Beside the copies, whose names are gonogo's, somebody else may have an object with the labels.
  const made = new Set(known.flatMap(({ manifests }) => namesOf(manifests, slot)))
  for (const [apiVersion, kind] of [
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
  ] as const) {
    const objects = await api.list<KubernetesObject>(apiVersion, kind, selector)
    const names = objects.map(({ metadata }) => metadata?.name ?? '')
    const going = names.filter((name) => {
      const object = `${kind} ${name}`
      return isToGo(object) && (slot !== 'stable' || made.has(object))
    })
    await Promise.all(going.map((name) => api.remove(apiVersion, kind, name)))
  }
}

const namesOf = (manifests: readonly Manifest[], slot: Slot): string[] =>
  manifests.flatMap(({ objects }) =>
    objects.map(({ kind, metadata }) => `${kind} ${nameIn(slot, metadata.name)}`),
  )

/**
 * A StatefulSet that has the template of a version which was ended goes back to the one that stays, with the pods that this
 * one had; where none stays, it goes.
 */
export async function giveBackSets(
  world: World,
  record: Pick<VersionRecord, 'workload' | 'manifests'>,
): Promise<void> {
  const { api, map, ending } = world
  const others = Object.values(map.state.versions).filter(
    ({ workload: { version } }) => version !== record.workload.version && !ending.has(version),
  )
  const heir = others.find(({ slot }) => slot === 'stable') ?? others[0]
  const kept = heir ? setsOf(heir) : []
  let isHeirs = false
  for (const name of setsOf(record)) {
    const live = await api.read<StatefulSet>('apps/v1', 'StatefulSet', name)
    const { labels } = live?.spec?.template.metadata ?? {}
    if (labels?.[LABELS.version] !== labelOf(record.workload.version)) continue
    if (kept.includes(name)) isHeirs = true
    else {
      await api.remove('apps/v1', 'StatefulSet', name)
      await untilEnding(world, { component: labels[LABELS.component] ?? '' })
    }
  }
  // How that ends is told by whoever wants traffic for it.
  if (heir && isHeirs) await bringUp(world, heir, heir.slot, heir.desired)
}

/** The cluster ends pods a moment after what made them is gone; by then nobody should count them. */
async function untilEnding(world: World, those: { slot: Slot } | { component: string }): Promise<void> {
  const deadline = performance.now() + ENDING_WITHIN_MS
  while (performance.now() < deadline) {
    const changed = world.watches.next()
    if ((await podsOf(world, those)).every(isEnding)) return
    await Promise.race([changed, wait(LOOK_EVERY_MS)])
  }
}

/** Takes away each ConfigMap of the set that neither a known version nor a revision that could be undone refers to. */
export async function removeOldConfiguration(world: World): Promise<void> {
  const { api, of, map } = world
  const selector = `${LABELS.of}=${of}`
  const [maps, ...revisions] = await Promise.all([
    api.list<KubernetesObject>('v1', 'ConfigMap', selector),
    api.list<KubernetesObject>('apps/v1', 'ReplicaSet', selector),
    api.list<KubernetesObject>('apps/v1', 'ControllerRevision', selector),
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
