import type { Outcome } from '../target.ts'
import {
  bringUp,
  emptySlot,
  emptyUnheldSlots,
  giveBackSets,
  removeOldConfiguration,
  removeOthers,
  render,
} from './bring-up.ts'
import { apiMessage } from './cluster-api.ts'
import { hasSets, isSet } from './controllers.ts'
import { ended, endingProblem, mayGoOn, untilStopped } from './ending.ts'
import { isEnding, isReady } from './pods.ts'
import type { VersionRecord } from './saved-state.ts'
import { placeOf } from './selected-pods.ts'
import { untilServed } from './served.ts'
import { shareBack, shareTraffic, untilLeft } from './share-traffic.ts'
import { takeTemplate } from './take-template.ts'
import { archive, forget } from './workload-calls.ts'
import { done, podsOf, publicReady, refused, unknownVersion, versionIn, type World } from './world.ts'

const SUM_TOLERANCE = 1e-6

export async function setWeights(world: World, weights: Readonly<Record<string, number>>): Promise<Outcome> {
  const { state } = world.map
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  if (Math.abs(sum - 100) > SUM_TOLERANCE)
    return refused('bad-weights', `the weights add up to ${sum}, not to 100`)
  const late = endingProblem(world, weights)
  if (late) return late
  for (const [version, weight] of Object.entries(weights)) {
    const record = state.versions[version]
    if (weight > 0 && !record) return unknownVersion(version)
    const before = state.weights[version] ?? 0
    if (weight > before && (await publicReady(world, version)) === 0)
      return refused('not-ready', `${version} has no ready pod; it gets no more traffic`)
    if (record && weight > 0 && before === 0)
      await untilServed(world, placeOf(record), () => mayGoOn(world, record))
  }
  const { problem, note, unread } = await shareTraffic(world, weights)
  if (problem) return problem
  const shares = Object.entries(weights).map(([version, weight]) => `${version} ${weight} %`)
  return done(`${shares.join(', ')}${note}${unread}`)
}

/**
 * Moves the version into the stable slot, where `kubectl rollout undo` finds it, while every version keeps its share: the
 * old one is copied beside first, and stays there, ready, until it is cleaned up.
 */
export async function promote(world: World, version: string): Promise<Outcome> {
  const record = world.map.state.versions[version]
  if (!record) return unknownVersion(version)
  const moved = record.slot === 'stable' ? await leaveCanary(world) : await moveAside(world, record)
  if (!moved.ok) return moved
  if (!mayGoOn(world, record)) return cutShort(record)
  await removeOthers(world, record)
  if (!mayGoOn(world, record)) return cutShort(record)
  makeStable(world, record)
  return done(`${version} is the stable version${moved.detail}`)
}

async function moveAside(world: World, record: VersionRecord): Promise<Outcome> {
  const aside = await setAside(world, record)
  if (!aside.ok) return aside
  const moved = await moveToStable(world, record)
  return moved.ok ? done(`${aside.detail}${moved.detail}`) : moved
}

/** A promotion that was broken off when its version was in its place already may have left the pods beside it. */
async function leaveCanary(world: World): Promise<Outcome> {
  const note = await untilLeft(world)
  await emptySlot(world, 'canary')
  return done(note)
}

const cutShort = ({ workload }: VersionRecord): Outcome => ended(workload.version, 'it was promoted')

/**
 * Copies what the stable slot holds into the previous one, with its share, and answers when nobody is led to the stable slot any
 * more. Who goes back meanwhile finds the old version where it was.
 */
async function setAside(world: World, next: VersionRecord): Promise<Outcome> {
  const { state } = world.map
  const old = versionIn(world, 'stable')
  const wanted = () => mayGoOn(world, next)
  // Also where that was done before, and nobody has waited for the router.
  if (!old) return done(await untilLeft(world, wanted))
  const older = versionIn(world, 'previous')
  if (older) await forget(world, older.workload.version)
  // What the new version has taken the place of cannot be kept, nor anything in front of it.
  const desired = hasSets(old) ? 0 : await podsNow(world, old)
  if (!wanted()) return cutShort(next)
  old.desired = desired
  const up = await bringUp(world, old, 'previous', desired, { wanted })
  if (!up.ok && wanted()) return up
  if (desired > 0) await untilServed(world, { slot: 'previous', version: old.workload.version }, wanted)
  if (wanted()) {
    world.counters?.handOver('previous')
    await world.counters?.takeBases()
  }
  if (!wanted()) {
    await emptySlot(world, 'previous')
    return cutShort(next)
  }
  old.slot = 'previous'
  const { problem } = await shareTraffic(world, state.weights)
  if (problem) return problem
  await world.map.save()
  return done(await untilLeft(world, wanted))
}

/** An autoscaler may have changed how many there are. */
async function podsNow(world: World, { workload: { version }, desired }: VersionRecord): Promise<number> {
  return Math.max(desired, await publicReady(world, version))
}

/** Rolls the stable slot, which has no traffic now, to the version, and ends the slot where it was. */
async function moveToStable(
  world: World,
  record: VersionRecord,
  share = () => shareTraffic(world, world.map.state.weights),
): Promise<Outcome> {
  const from = record.slot
  const { components } = render(world, record, 'stable', record.desired)
  for (const { controller } of components)
    if (!isSet(controller)) await takeTemplate(world.api, controller.metadata?.name ?? '')
  const up = await bringUp(world, record, 'stable', record.desired)
  if (!up.ok) return up
  const wanted = () => mayGoOn(world, record)
  await untilServed(world, { slot: 'stable', version: record.workload.version }, wanted)
  if (!wanted()) return cutShort(record)
  world.counters?.handOver('stable')
  await world.counters?.takeBases()
  if (!wanted()) return cutShort(record)
  record.slot = 'stable'
  const { problem } = await share()
  if (problem) return problem
  await world.map.save()
  const note = await untilLeft(world)
  await emptySlot(world, from)
  return done(note)
}

/**
 * Traffic first. While a pod of the old version is ready it gets all traffic before anything else happens; with none, the
 * old version is started and gets the traffic with its first ready pod.
 */
export async function revert(world: World, version: string, drop: string): Promise<Outcome> {
  if (version === drop) return refused('bad-call', `${version} cannot be reverted to itself`)
  // When the last request came is what a rollback is measured by.
  const endWatch = world.counters?.watchClosely()
  try {
    return await goBack(world, version, drop)
  } finally {
    endWatch?.()
  }
}

async function goBack(world: World, version: string, drop: string): Promise<Outcome> {
  const startedAt = performance.now()
  if (!isKnown(world, version)) return unknownVersion(version)
  // Before traffic goes back, or what is still under way for the version would take it away again afterwards.
  world.ending.add(drop)
  world.ending.delete(version)
  const known = await recordToRestore(world, version)
  if (!known) return unknownVersion(version)
  // What is still under way for it, as a call that takes pods from it, has the record of before, and stops.
  const record = { ...known }
  world.map.state.versions[version] = record
  const shift = onceShifted(world, version)
  if ((await publicReady(world, version)) > 0) await shift.now()
  if (shift.problem) return shift.problem
  const shiftedMs = performance.now() - startedAt
  // What it is writing would come after what follows. Who is not served yet waits for nothing.
  if (shift.isDone) await untilStopped(world, version)
  const wanted = Math.max(1, sizeOf(world, record))
  record.desired = wanted
  await world.map.save()
  const ready = async () => {
    if (shift.isDone || (await publicReady(world, version)) === 0) return
    await untilServed(world, placeOf(record))
    await shift.now()
  }
  if (!shift.isDone && hasSets(record) && (await isCalm(world, drop)))
    await bringUp(world, record, record.slot, 1, { ready })
  // What follows takes pods from the other version.
  if (shift.isDone && hasSets(record)) await untilLeft(world)
  const up = await bringUp(world, record, record.slot, wanted, { ready })
  if (!up.ok && !shift.isDone) return up
  if (!shift.isDone) await shift.now()
  if (shift.problem) return shift.problem
  // A write of a promotion that comes late would put the version that goes into the stable slot again.
  await untilStopped(world, drop)
  if (record.slot !== 'stable') {
    const dropped = world.map.state.versions[drop]
    if (dropped?.slot === 'stable') archive(world, dropped)
    await untilLeft(world)
    const moved = await moveToStable(world, record, () => shareBack(world, version))
    if (!moved.ok) return moved
  }
  if (!mayGoOn(world, record)) return ended(version, 'it was gone back to')
  makeStable(world, record)
  // What was on its way when the version was marked may have come after the first time.
  await shift.now()
  if (shift.problem) return shift.problem
  const unread = await untilLeft(world)
  await endDropped(world, drop)
  await removeOthers(world, record)
  await emptyUnheldSlots(world)
  await world.map.save()
  const left = await removeOldConfiguration(world).then(
    () => '',
    // Everything is back; what is left holds nothing up, and the next cleanup takes it.
    (error: unknown) => `; its configuration is left: ${apiMessage(error)}`,
  )
  return done(
    `all traffic to ${version} after ${Math.round(shiftedMs)} ms${shift.note}${unread}; ${up.detail}; ${drop} ended${left}`,
  )
}

/** One whose place in the stable slot was taken is in the archive already, and may have StatefulSets that nobody else has. */
async function endDropped(world: World, version: string): Promise<void> {
  const { versions, archive } = world.map.state
  if (versions[version]) return forget(world, version)
  const archived = archive.find(({ workload }) => workload.version === version)
  if (archived && hasSets(archived)) await giveBackSets(world, archived)
}

/**
 * Whether all of a version serves. Then one pod of a StatefulSet is taken from it first: the controller goes on with the next
 * as soon as that one is ready, and what still has traffic would lose its last one. One that does not start holds up the
 * controller, whichever pod is wanted first.
 */
async function isCalm(world: World, version: string): Promise<boolean> {
  const pods = await podsOf(world, { version })
  return pods.filter((pod) => !isEnding(pod)).every(isReady) && (await publicReady(world, version)) > 0
}

function onceShifted(world: World, version: string) {
  const shift = {
    isDone: false,
    problem: null as Outcome | null,
    note: '',
    now: async () => {
      const { problem, note } = await shareBack(world, version)
      Object.assign(shift, { problem, note, isDone: problem === null })
    },
  }
  return shift
}

const isKnown = ({ map: { state } }: World, version: string): boolean =>
  version in state.versions || state.archive.some(({ workload }) => workload.version === version)

/** A version that was ended comes back beside what has traffic now. */
async function recordToRestore(world: World, version: string): Promise<VersionRecord | undefined> {
  const { state } = world.map
  const known = state.versions[version]
  if (known) return known
  const archived = state.archive.find((one) => one.workload.version === version)
  if (!archived) return undefined
  const older = versionIn(world, 'previous')
  if (older) await forget(world, older.workload.version)
  world.counters?.handOver('previous')
  const record: VersionRecord = { ...archived, desired: archived.workload.replicas, slot: 'previous' }
  state.versions[version] = record
  state.archive = state.archive.filter((one) => one !== archived)
  return record
}

/** As many pods as it had as the stable version. */
function sizeOf({ map: { state } }: World, { workload, desired }: VersionRecord): number {
  const asStable = state.stableWorkload?.version === workload.version ? state.stableWorkload.replicas : 0
  return Math.max(asStable || workload.replicas, desired)
}

function makeStable({ map: { state } }: World, record: VersionRecord): void {
  record.workload = { ...record.workload, replicas: record.desired }
  state.stable = record.workload.version
  state.stableWorkload = record.workload
}
