import type { Outcome } from '#targets/target.ts'
import type { VersionGroup } from './version-group.ts'
import { artifactProblem, endVersion, unknownVersion } from './workload-calls.ts'
import { shareTraffic, type World, weightOf } from './world.ts'

const SUM_TOLERANCE = 1e-6

const done = (detail: string): Outcome => ({ ok: true, detail })
const refused = (code: string, detail: string): Outcome => ({ ok: false, code, detail })

export async function setWeights(world: World, weights: Readonly<Record<string, number>>): Promise<Outcome> {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  if (Math.abs(sum - 100) > SUM_TOLERANCE)
    return refused('bad-weights', `the weights add up to ${sum}, not to 100`)
  for (const [version, weight] of Object.entries(weights)) {
    if (weight > 0 && !world.fleet.get(version)) return unknownVersion(version)
    if (weight > weightOf(world, version) && world.router.readyCount(version) === 0)
      return refused('not-ready', `${version} has no ready instance; it gets no more traffic`)
  }
  shareTraffic(world, weights)
  return done(`${shares(weights)}${note(await world.stateFile.save())}`)
}

export async function promote(world: World, version: string): Promise<Outcome> {
  const group = world.fleet.get(version)
  if (!group) return unknownVersion(version)
  makeStable(world, group)
  return done(`${version} is the stable version${note(await world.stateFile.save())}`)
}

/**
 * Traffic first. While an instance of the old version is ready it gets all traffic before anything else happens; with
 * none, the old version is started and gets the traffic with its first ready instance.
 */
export async function revert(world: World, version: string, drop: string): Promise<Outcome> {
  if (version === drop) return refused('bad-call', `${version} cannot be reverted to itself`)
  const startedAtMs = performance.now()
  let shiftedMs: number | null = null
  const shift = () => {
    if (shiftedMs !== null) return
    shareTraffic(world, { [version]: 100 })
    shiftedMs = performance.now() - startedAtMs
  }
  if (world.router.readyCount(version) > 0) shift()
  world.fleet.get(drop)?.abort()
  const restored = await world.fleet.exclusive(version, () => restore(world, version, shift))
  if (!restored.ok) return restored
  await world.stateFile.save()
  await endVersion(world, drop)
  const unsaved = note(await world.stateFile.save())
  return done(
    `all traffic to ${version} after ${Math.round(shiftedMs ?? 0)} ms; ${restored.detail}; ${drop} ended${unsaved}`,
  )
}

/** Brings the version to the size it had as the stable one. One serving instance is enough to go back to it. */
async function restore(world: World, version: string, shift: () => void): Promise<Outcome> {
  const found = await groupToRestore(world, version)
  if ('ok' in found) return found
  const { stableWorkload } = world.stateFile.state
  const size = stableWorkload?.version === version ? stableWorkload.replicas : found.record.workload.replicas
  const wanted = Math.max(1, size, found.record.desired)
  const outcomes = await found.grow(wanted, 'even-unsaved', shift)
  const failed = outcomes.find((outcome) => !outcome.ok)
  if (found.readyCount === 0 && failed) return failed
  shift()
  makeStable(world, found)
  return done(`${found.readyCount} of ${wanted} instances ready`)
}

async function groupToRestore(world: World, version: string): Promise<VersionGroup | Outcome> {
  const group = world.fleet.get(version)
  if (group) return group
  const archived = world.stateFile.state.archive.find(({ workload }) => workload.version === version)
  if (!archived) return unknownVersion(version)
  const problem = await artifactProblem(archived.workload)
  return problem ?? world.fleet.create(archived.workload, archived.blueprint)
}

function makeStable({ stateFile: { state } }: World, group: VersionGroup): void {
  group.record.workload = { ...group.record.workload, replicas: group.record.desired }
  state.stable = group.version
  state.stableWorkload = group.record.workload
}

const shares = (weights: Readonly<Record<string, number>>): string =>
  Object.entries(weights)
    .map(([version, weight]) => `${version} ${weight} %`)
    .join(', ')

/** What was done in the world is done, also when it could not be written down. */
const note = (unsaved: string | null): string =>
  unsaved ? ` (the state file could not be written: ${unsaved})` : ''
