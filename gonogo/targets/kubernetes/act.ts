import type { Call } from '../call.ts'
import { makeCall } from '../make-call.ts'
import type { Outcome } from '../target.ts'
import { during } from './ending.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy, scale } from './workload-calls.ts'
import type { World } from './world.ts'

const METHODS = { deploy, scale, setWeights, promote, revert, cleanup }

/** Makes a call, whatever else is under way. */
export const act = (world: World, call: Call): Promise<Outcome> =>
  during(world, givenTo(call), () => makeCall(METHODS, world, call))

/** The versions to which a call gives something. */
export function givenTo(call: Call): readonly string[] {
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
