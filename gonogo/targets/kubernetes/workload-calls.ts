import type { Outcome, Workload } from '../target.ts'
import { isSameWorkload } from '../workload.ts'
import { isReady } from './pods.ts'
import {
  bringUp,
  done,
  podsOf,
  refused,
  removeVersion,
  shareTraffic,
  unknownVersion,
  type World,
} from './world.ts'

const ARCHIVED = 20
const DIGEST = /^sha256:[0-9a-f]{64}$/

export async function deploy(world: World, workload: Workload): Promise<Outcome> {
  const { version } = workload
  const { state } = world.map
  const problem = imageProblem(workload)
  if (problem) return problem
  const known = state.versions[version]
  if (known && !isSameWorkload(known.workload, workload)) {
    if ((state.weights[version] ?? 0) > 0 || state.stable === version)
      return refused(
        'version-in-use',
        `${version} runs already from another artifact or configuration; give the new one a version of its own`,
      )
    await forget(world, version)
  }
  const before = state.versions[version]?.desired ?? 0
  const wanted = Math.max(workload.replicas, before)
  state.versions[version] = { workload, desired: wanted }
  state.archive = state.archive.filter((one) => one.version !== version)
  await world.map.save()
  const outcome = await bringUp(world, workload, wanted)
  if (outcome.ok) return outcome
  // A version that could not start holds nothing that anybody could need; what was there before stays.
  const isServing = (await podsOf(world, version)).some(isReady)
  if (before === 0 && !isServing) await forget(world, version)
  else if (before > 0) await shrink(world, version, before)
  return outcome
}

export async function scale(world: World, version: string, replicas: number): Promise<Outcome> {
  const known = world.map.state.versions[version]
  if (!known) return unknownVersion(version)
  world.map.state.versions[version] = { ...known, desired: replicas }
  await world.map.save()
  const outcome = await bringUp(world, known.workload, replicas)
  return outcome.ok && replicas === 0 ? done(`${version} has no instance any more`) : outcome
}

export async function cleanup(world: World, keep: readonly string[]): Promise<Outcome> {
  const { state } = world.map
  const weightOf = (version: string) => state.weights[version] ?? 0
  const ended = Object.keys(state.versions).filter((version) => !keep.includes(version))
  const serving = ended.filter((version) => weightOf(version) > 0)
  if (serving.length > 0 && keep.some((version) => weightOf(version) > 0))
    return refused('has-traffic', `${serving.join(', ')} still has traffic; set the weights first`)
  if (ended.length === 0) return done('nothing to end')
  const left = Object.entries(state.weights).filter(([version]) => !ended.includes(version))
  const { problem } = await shareTraffic(world, Object.fromEntries(left))
  if (problem) return problem
  if (state.stable !== null && ended.includes(state.stable)) {
    state.stable = null
    state.stableWorkload = null
  }
  for (const version of ended) await forget(world, version)
  return done(`ended ${ended.join(', ')}`)
}

/** Ends a version and keeps how it was deployed, for a revert to it. */
export async function forget(world: World, version: string): Promise<void> {
  const { state } = world.map
  const known = state.versions[version]
  world.ending.add(version)
  try {
    await removeVersion(world, version)
  } finally {
    world.ending.delete(version)
  }
  if (known) state.archive = [...state.archive.filter((one) => one.version !== version), known.workload]
  state.archive.splice(0, state.archive.length - ARCHIVED)
  delete state.versions[version]
  await world.map.save()
}

async function shrink(world: World, version: string, replicas: number): Promise<void> {
  const known = world.map.state.versions[version]
  if (!known) return
  world.map.state.versions[version] = { ...known, desired: replicas }
  await world.map.save()
  await bringUp(world, known.workload, replicas)
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
