import type { Outcome, Workload } from '../target.ts'
import { forget } from './workload-calls.ts'
import { bringUp, done, publicReady, refused, shareTraffic, unknownVersion, type World } from './world.ts'

const SUM_TOLERANCE = 1e-6

export async function setWeights(world: World, weights: Readonly<Record<string, number>>): Promise<Outcome> {
  const { state } = world.map
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  if (Math.abs(sum - 100) > SUM_TOLERANCE)
    return refused('bad-weights', `the weights add up to ${sum}, not to 100`)
  for (const [version, weight] of Object.entries(weights)) {
    if (weight > 0 && !state.versions[version]) return unknownVersion(version)
    if (weight > (state.weights[version] ?? 0) && (await publicReady(world, version)) === 0)
      return refused('not-ready', `${version} has no ready pod; it gets no more traffic`)
  }
  const { problem, note } = await shareTraffic(world, weights)
  if (problem) return problem
  const shares = Object.entries(weights).map(([version, weight]) => `${version} ${weight} %`)
  return done(`${shares.join(', ')}${note}`)
}

export async function promote(world: World, version: string): Promise<Outcome> {
  const known = world.map.state.versions[version]
  if (!known) return unknownVersion(version)
  makeStable(world, known.workload, known.desired)
  return done(`${version} is the stable version`)
}

/**
 * Traffic first. While a pod of the old version is ready it gets all traffic before anything else happens; with none, the
 * old version is started and gets the traffic with its first ready pod.
 */
export async function revert(world: World, version: string, drop: string): Promise<Outcome> {
  if (version === drop) return refused('bad-call', `${version} cannot be reverted to itself`)
  const { state } = world.map
  const startedAt = performance.now()
  const workload = workloadToRestore(world, version)
  if (!workload) return unknownVersion(version)
  let shiftedMs: number | null = null
  let problem: Outcome | null = null
  const shift = async () => {
    if (shiftedMs !== null || problem) return
    problem = (await shareTraffic(world, { [version]: 100 })).problem
    if (!problem) shiftedMs = performance.now() - startedAt
  }
  if (state.versions[version] && (await publicReady(world, version)) > 0) await shift()
  if (problem) return problem
  world.ending.add(drop)
  try {
    const wanted = Math.max(1, sizeOf(world, workload), state.versions[version]?.desired ?? 0)
    state.versions[version] = { workload, desired: wanted }
    state.archive = state.archive.filter((one) => one.version !== version)
    await world.map.save()
    const ready = async () => {
      if (shiftedMs === null && (await publicReady(world, version)) > 0) await shift()
    }
    const up = await bringUp(world, workload, wanted, ready)
    if (problem) return problem
    if (shiftedMs === null) {
      if (!up.ok) return up
      await shift()
    }
    if (problem) return problem
    makeStable(world, workload, wanted)
    if (state.versions[drop]) await forget(world, drop)
    return done(
      `all traffic to ${version} after ${Math.round(shiftedMs ?? 0)} ms; ${up.detail}; ${drop} ended`,
    )
  } finally {
    world.ending.delete(drop)
  }
}

const workloadToRestore = ({ map: { state } }: World, version: string): Workload | undefined =>
  state.versions[version]?.workload ?? state.archive.find((one) => one.version === version)

/** As many pods as it had as the stable version. */
const sizeOf = ({ map: { state } }: World, { version, replicas }: Workload): number =>
  state.stableWorkload?.version === version ? state.stableWorkload.replicas : replicas

function makeStable({ map: { state } }: World, workload: Workload, desired: number): void {
  const stable = { ...workload, replicas: desired }
  const known = state.versions[workload.version]
  if (known) state.versions[workload.version] = { ...known, workload: stable }
  state.stable = workload.version
  state.stableWorkload = stable
}
