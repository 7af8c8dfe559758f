import type { Call } from '#targets/call.ts'
import { makeCall } from '#targets/make-call.ts'
import type { Outcome } from '#targets/target.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy, scale } from './workload-calls.ts'
import type { World } from './world.ts'

const METHODS = { deploy, scale, setWeights, promote, revert, cleanup }

export const act = (world: World, call: Call): Promise<Outcome> => makeCall(METHODS, world, call)
