import type { Outcome, Workload } from '#targets/target.ts'
import { isSameWorkload } from '#targets/workload.ts'
import { artifactDigest } from '../artifact-digest.ts'
import type { VersionGroup } from './version-group.ts'
import { blueprintOf, shareTraffic, type World, weightOf } from './world.ts'

const done = (detail: string): Outcome => ({ ok: true, detail })
const refused = (code: string, detail: string): Outcome => ({ ok: false, code, detail })

export async function deploy(world: World, workload: Workload): Promise<Outcome> {
  return world.fleet.exclusive(workload.version, async () => {
    // In here, or a rollback would find nothing to end while this takes its time.
    const problem = await artifactProblem(workload)
    if (problem) return problem
    const { version } = workload
    const known = world.fleet.get(version)
    if (known && !isSameWorkload(known.record.workload, workload)) {
      if (weightOf(world, version) > 0 || world.stateFile.state.stable === version)
        return refused(
          'version-in-use',
          `${version} runs already from another artifact or configuration; give the new one a version of its own`,
        )
      await world.fleet.end(version, 0)
    }
    const group = world.fleet.get(version) ?? world.fleet.create(workload, blueprintOf(world))
    const outcome = await bringUp(group, Math.max(workload.replicas, group.record.desired))
    // A version that could not even start holds nothing that anybody could need.
    if (!outcome.ok && group.readyCount === 0 && weightOf(world, version) === 0)
      await world.fleet.end(version, 0)
    return outcome
  })
}

export async function scale(world: World, version: string, replicas: number): Promise<Outcome> {
  return world.fleet.exclusive(version, async () => {
    const group = world.fleet.get(version)
    if (!group) return unknownVersion(version)
    if (replicas > group.record.desired) return bringUp(group, replicas)
    await group.shrink(replicas, group.record.blueprint.drainMs)
    return replicas === 0 ? done(`${version} has no instance any more`) : bringUp(group, replicas)
  })
}

export async function cleanup(world: World, keep: readonly string[]): Promise<Outcome> {
  const ended = world.fleet.versions.filter((version) => !keep.includes(version))
  const serving = ended.filter((version) => weightOf(world, version) > 0)
  const isKeptServing = keep.some((version) => weightOf(world, version) > 0)
  if (serving.length > 0 && isKeptServing)
    return refused('has-traffic', `${serving.join(', ')} still has traffic; set the weights first`)
  const weights = Object.entries(world.stateFile.state.weights).filter(
    ([version]) => !ended.includes(version),
  )
  shareTraffic(world, Object.fromEntries(weights))
  const { state } = world.stateFile
  if (state.stable !== null && ended.includes(state.stable)) {
    state.stable = null
    state.stableWorkload = null
  }
  await Promise.all(ended.map((version) => endVersion(world, version)))
  return done(ended.length > 0 ? `ended ${ended.join(', ')}` : 'nothing to end')
}

/** Ends a version, whoever waits for it. */
export async function endVersion(world: World, version: string): Promise<void> {
  world.fleet.get(version)?.abort()
  await world.fleet.exclusive(version, async () => {
    const drainMs = world.fleet.get(version)?.record.blueprint.drainMs ?? 0
    await world.fleet.end(version, drainMs)
  })
}

/** Missing, unreadable or other than what was voted on. */
export async function artifactProblem(workload: Workload): Promise<Outcome | null> {
  const { artifact, digest, version } = workload
  try {
    const actual = await artifactDigest(artifact)
    if (actual === digest) return null
    return refused(
      'digest-mismatch',
      `${artifact} is ${actual}, but ${version} was declared as ${digest}; build it again or correct the release`,
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return refused('artifact-missing', `the artifact of ${version} cannot be read: ${reason}`)
  }
}

export const unknownVersion = (version: string): Outcome =>
  refused('unknown-version', `${version} is not deployed here; deploy it first`)

async function bringUp(group: VersionGroup, replicas: number): Promise<Outcome> {
  const before = group.record.desired
  const startedAtMs = performance.now()
  const outcomes = await group.grow(replicas, 'must-be-saved')
  const failed = outcomes.find((outcome) => !outcome.ok)
  if (!failed)
    return done(
      `${replicas} of ${group.version} ready after ${Math.round(performance.now() - startedAtMs)} ms`,
    )
  // What was there before stays, and goes on being restarted where it is down.
  if (before === 0) await group.endUnready()
  else await group.shrink(before, 0)
  return failed
}
