import type { Outcome, Workload } from '../target.ts'
import { isSameWorkload } from '../workload.ts'
import {
  bringUp,
  emptySlot,
  emptyUnheldSlots,
  giveBackSets,
  removeOldConfiguration,
  render,
} from './bring-up.ts'
import type { Controller } from './cluster-api.ts'
import { controllerIn, hasSets, isSet, nameOf } from './controllers.ts'
import { ended, mayGoOn, untilStopped } from './ending.ts'
import { removeMigrations } from './migrate.ts'
import { nameTaken } from './names-taken.ts'
import { readManifests } from './read-manifests.ts'
import type { VersionRecord } from './saved-state.ts'
import { isByPods } from './selected-pods.ts'
import { shareTraffic, untilLeft } from './share-traffic.ts'
import { done, refused, unknownVersion, versionIn, type World } from './world.ts'
import { noteFound } from './written.ts'

/** A ConfigMap holds 1 MiB, and each has its manifests. */
const ARCHIVED = 5
const DIGEST = /^sha256:[0-9a-f]{64}$/

export async function deploy(world: World, workload: Workload): Promise<Outcome> {
  const { version } = workload
  const { state } = world.map
  world.ending.delete(version)
  const problem = imageProblem(workload) ?? (await reuseProblem(world, workload))
  if (problem) return problem
  const known = state.versions[version]
  const before = known?.desired ?? 0
  const record: VersionRecord = known ?? {
    workload,
    manifests: readManifests(world.config, world.root),
    desired: 0,
    slot: 'canary',
  }
  const stable = versionIn(world, 'stable')
  const other = stable && kindProblem(stable, record)
  if (other) return other
  const taken = await nameTaken(world, record)
  if (taken) return taken
  if (stable && stable !== record && hasSets(record)) await leadToOneVersion(world, stable)
  if (stable && stable !== record) await findWorkloads(world, stable)
  if (world.ending.has(version)) return ended(version)
  if (before === 0) world.counters?.handOver(record.slot)
  record.desired = Math.max(workload.replicas, before)
  state.versions[version] = record
  state.archive = state.archive.filter((one) => one.workload.version !== version)
  await world.map.save()
  const outcome = await bringUp(world, record, record.slot, record.desired)
  if (outcome.ok) {
    await world.counters?.takeBases()
    return outcome
  }
  // A version that could not start holds nothing that anybody could need; what was there before stays.
  if (before > 0 && state.versions[version] === record) await scale(world, version, before)
  else if (!state.weights[version]) await end(world, record)
  return outcome
}

/** How the deployment finds the stable version. A number of pods that somebody gave it since the last one is what it has. */
async function findWorkloads(world: World, stable: VersionRecord): Promise<void> {
  const { components } = render(world, stable, stable.slot, stable.desired)
  for (const { controller } of components) {
    if (nameOf(controller) in world.map.state.written.workloads) continue
    const { kind = '', metadata } = controller
    const live = await world.api.read<Controller>('apps/v1', kind, metadata?.name ?? '')
    if (!live) continue
    noteFound(world, { ...live, kind })
    // With several components the number is one for all of them.
    if (components.length === 1 && !isSet(controller) && live.spec?.replicas)
      stable.desired = live.spec.replicas
  }
}

/** What a component's pods are made by is the same object for each version, or for none of two. */
function kindProblem(stable: VersionRecord, { manifests, workload }: VersionRecord): Outcome | null {
  for (const { component, objects } of manifests) {
    const before = stable.manifests.find((one) => one.component === component)
    const [old, next] = [controllerIn(before?.objects ?? []), controllerIn(objects)]
    if (old && next && old.kind !== next.kind)
      return refused(
        'kind-changed',
        `${component} is a ${old.kind} in ${stable.workload.version} and a ${next.kind} in ${workload.version}; give the new one a component's name of its own`,
      )
  }
  return null
}

/** Services that were there before gonogo may lead to every pod of a StatefulSet; soon some are of another version. */
async function leadToOneVersion(world: World, stable: VersionRecord): Promise<void> {
  const { components } = render(world, stable, stable.slot, stable.desired)
  for (const { controller, services } of components)
    if (isSet(controller)) for (const service of services) await world.api.apply(service)
}

/** What runs already as this version, or in its place, is not overwritten. Forgets what has no traffic. */
async function reuseProblem(world: World, workload: Workload): Promise<Outcome | null> {
  const { version } = workload
  const { state } = world.map
  const known = state.versions[version]
  // What is kept for a way back was left in nobody's place: it begins anew, beside the stable version.
  if (known && known.slot !== 'previous' && isSameWorkload(known.workload, workload)) return null
  if (known && ((state.weights[version] ?? 0) > 0 || state.stable === version))
    return refused(
      'version-in-use',
      `${version} runs already from another artifact or configuration; give the new one a version of its own`,
    )
  if (known) {
    await forget(world, version)
    world.ending.delete(version)
  }
  const other = versionIn(world, 'canary')?.workload.version
  if (other === undefined) return null
  return refused(
    'canary-in-use',
    `${other} is still beside the stable version; end its deployment first, or roll it back`,
  )
}

export async function scale(world: World, version: string, replicas: number): Promise<Outcome> {
  const record = world.map.state.versions[version]
  if (!record) return unknownVersion(version)
  // Pods go: its own, or those of the other version that has the rest of a StatefulSet.
  const takesPods = replicas < record.desired || hasSets(record)
  const wanted = () => mayGoOn(world, record)
  const note = takesPods && !isByPods(world) ? await untilLeft(world, wanted) : ''
  if (!wanted()) return ended(version, 'it was scaled')
  record.desired = replicas
  await world.map.save()
  const outcome = await bringUp(world, record, record.slot, replicas, { wanted })
  if (!outcome.ok) return outcome
  if (replicas > 0) return done(`${outcome.detail}${note}`)
  if (record.slot === 'canary') await giveBackSets(world, record)
  return done(`${version} has no instance any more${note}`)
}

export async function cleanup(world: World, keep: readonly string[]): Promise<Outcome> {
  const { state } = world.map
  const weightOf = (version: string) => state.weights[version] ?? 0
  const ended = Object.keys(state.versions).filter((version) => !keep.includes(version))
  const serving = ended.filter((version) => weightOf(version) > 0)
  if (serving.length > 0 && keep.some((version) => weightOf(version) > 0))
    return refused('has-traffic', `${serving.join(', ')} still has traffic; set the weights first`)
  // Where everything is taken away, one whose end nobody has seen yet may still be asked for.
  if (keep.length > 0) await removeMigrations(world)
  const begun = [...world.underWay].flatMap(({ versions }) => versions).filter((one) => !keep.includes(one))
  const going = [...new Set([...ended, ...begun])]
  for (const version of going) {
    world.ending.add(version)
    await untilStopped(world, version)
  }
  let late = ''
  if (going.length > 0) {
    const left = Object.entries(state.weights).filter(([version]) => !ended.includes(version))
    const { problem } = await shareTraffic(world, Object.fromEntries(left))
    // Where nobody is to be led, a route that is gone holds up nothing.
    if (problem && !(left.length === 0 && !problem.ok && problem.code === 'no-route')) return problem
    late = await untilLeft(world)
  }
  if (state.stable !== null && ended.includes(state.stable)) {
    state.stable = null
    state.stableWorkload = null
  }
  for (const version of ended) await forget(world, version)
  // Also what a cleanup that was killed had still before it.
  await emptyUnheldSlots(world)
  await removeOldConfiguration(world)
  return done(going.length === 0 ? 'nothing to end' : `ended ${going.join(', ')}${late}`)
}

/** Ends a version and keeps how it was deployed, for a revert to it. */
export async function forget(world: World, version: string): Promise<void> {
  const record = world.map.state.versions[version]
  if (record) await end(world, record)
}

/** Also what was still being written of a version when somebody else ended it. */
async function end(world: World, record: VersionRecord): Promise<void> {
  const { version } = record.workload
  const known = () => world.map.state.versions[version]
  // Deployed anew since then.
  if (known() && known() !== record) return
  world.ending.add(version)
  await emptySlot(world, record.slot, record)
  if (hasSets(record)) {
    record.desired = 0
    await giveBackSets(world, record)
  }
  if (known() !== record) return
  // Last: who is killed before does all of it again.
  archive(world, record)
  await world.map.save()
}

/** The version is known no more; what it was stays known for a revert. */
export function archive({ map: { state } }: World, { workload, manifests }: VersionRecord): void {
  const others = state.archive.filter((one) => one.workload.version !== workload.version)
  state.archive = [...others, { workload, manifests }].slice(-ARCHIVED)
  delete state.versions[workload.version]
}

/** An image by its digest is what was voted on, or it does not start: the node checks it. */
function imageProblem({ artifact, digest, version }: Workload): Outcome | null {
  if (!DIGEST.test(digest))
    return refused(
      'digest-mismatch',
      `the digest of ${version} is ${digest}, not sha256:…; correct the release`,
    )
  const pinned = artifact.split('@')[1]
  if (pinned === undefined || pinned === digest) return null
  return refused(
    'digest-mismatch',
    `${artifact} is not ${digest}, as ${version} was declared; build it again or correct the release`,
  )
}
