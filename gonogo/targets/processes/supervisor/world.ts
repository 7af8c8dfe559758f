import type { TargetState } from '#targets/target.ts'
import type { Settings } from '../protocol.ts'
import type { Router } from '../proxy/router.ts'
import type { Fleet } from './fleet.ts'
import type { Blueprint } from './saved-state.ts'
import type { StateFile } from './state-file.ts'

/** What the calls work on. */
export type World = {
  settings: Settings
  readonly url: string
  readonly secureUrl: string | null
  readonly router: Router
  readonly fleet: Fleet
  readonly stateFile: StateFile
}

export function observe({ stateFile: { state }, fleet, url, secureUrl }: World): TargetState {
  return {
    stable: state.stable,
    stableWorkload: state.stableWorkload,
    workloads: Object.values(state.versions).map(({ workload, desired }) => ({
      ...workload,
      replicas: desired,
    })),
    instances: fleet.instances(),
    weights: state.weights,
    url,
    secureUrl,
  }
}

/** How processes are started from now on; those that run keep what they were started with. */
export function blueprintOf({ settings: { root, config } }: World): Blueprint {
  const { components, drainMs, readyTimeoutMs } = config
  return { root, components, drainMs, readyTimeoutMs }
}

/** The next request already follows; what is on disk follows when the caller saves. */
export function shareTraffic(world: World, weights: Readonly<Record<string, number>>): void {
  world.router.setWeights(weights)
  world.stateFile.state.weights = { ...weights }
}

export const weightOf = (world: World, version: string): number => world.stateFile.state.weights[version] ?? 0
