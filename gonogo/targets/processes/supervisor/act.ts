import type { Call } from '#targets/call.ts'
import type { Outcome } from '#targets/target.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy, scale } from './workload-calls.ts'
import type { World } from './world.ts'

export function act(world: World, call: Call): Promise<Outcome> {
  switch (call.method) {
    case 'deploy':
      return deploy(world, call.workload)
    case 'scale':
      return scale(world, call.version, call.replicas)
    case 'setWeights':
      return setWeights(world, call.weights)
    case 'promote':
      return promote(world, call.version)
    case 'revert':
      return revert(world, call.version, call.drop)
    case 'cleanup':
      return cleanup(world, call.keep)
  }
}
