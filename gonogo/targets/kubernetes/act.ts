import type { Call } from '../call.ts'
import type { Outcome } from '../target.ts'
import { during } from './ending.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy, scale } from './workload-calls.ts'
import type { World } from './world.ts'

/** Makes a call, whatever else is under way. */
export const act = (world: World, call: Call): Promise<Outcome> =>
  during(world, givenTo(call), () => make(world, call))

/** The versions to which a call gives something. */
function givenTo(call: Call): readonly string[] {
  switch (call.method) {
    case 'deploy':
      return [call.workload.version]
    case 'scale':
    case 'promote':
      return [call.version]
    case 'setWeights':
      return Object.keys(call.weights)
    case 'revert':
    case 'cleanup':
      return []
  }
}

function make(world: World, call: Call): Promise<Outcome> {
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
