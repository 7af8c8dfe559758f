import { digestOf } from '#core/json.ts'
import type { Controller } from './cluster-api.ts'
import { nameOf } from './controllers.ts'
import type { Written } from './saved-state.ts'
import type { World } from './world.ts'

/** What is remembered of a workload, so that a change by somebody else shows. */
export function writtenOf({ metadata, spec }: Controller): Written {
  const { replicas = 1, ...rest } = spec ?? {}
  const { uid = '', generation = 0 } = metadata ?? {}
  return { uid, generation, replicas, rest: digestOf(rest) }
}

/** As gonogo has just written it, by the API's answer. */
export function noteWritten({ map }: Pick<World, 'map'>, live: Controller): void {
  map.state.written.workloads[nameOf(live)] = writtenOf(live)
}

/** As the deployment finds it, where gonogo has not written it in this deployment. */
export function noteFound({ map }: Pick<World, 'map'>, live: Controller): Written {
  const { workloads } = map.state.written
  const name = nameOf(live)
  workloads[name] ??= writtenOf(live)
  return workloads[name]
}

/** Forgets what belongs to another deployment: how this one finds things is nobody's change. */
export function beginDeployment({ map }: Pick<World, 'map'>, deployment: string): void {
  if (map.state.written.for !== deployment) map.state.written = { for: deployment, workloads: {} }
}
