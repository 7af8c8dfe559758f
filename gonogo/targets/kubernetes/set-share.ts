import { hasSets } from './controllers.ts'
import type { SetShare } from './render.ts'
import type { VersionRecord } from './saved-state.ts'
import type { World } from './world.ts'

/**
 * What a version's StatefulSets are to be for so many pods of it: the highest ordinals, while another version has the rest.
 * Null where a newer one has taken them over: which pods it left to this version, it has said itself.
 */
export function setShare(
  { map: { state }, ending, config }: Pick<World, 'map' | 'ending' | 'config'>,
  { workload }: VersionRecord,
  replicas: number,
): SetShare | null {
  const others = Object.values(state.versions).filter(
    (one) => one.workload.version !== workload.version && one.desired > 0,
  )
  if (others.some((one) => one.slot === 'canary' && !ending.has(one.workload.version))) return null
  if (others.length === 0) return { size: replicas, partition: 0 }
  // Enough for each step of the strategy to leave the other version its pods.
  const size = Math.max(replicas, state.stableWorkload?.replicas ?? 0, config.replicas)
  return { size, partition: size - replicas }
}

/** The version whose template the StatefulSets have, as was declared: the newest of those that share them. */
export function holderOfSets({ map: { state } }: Pick<World, 'map'>): VersionRecord | undefined {
  const all = Object.values(state.versions).filter(hasSets)
  return (
    all.find(({ slot, desired }) => slot === 'canary' && desired > 0) ??
    all.find(({ slot }) => slot === 'stable') ??
    all[0]
  )
}
