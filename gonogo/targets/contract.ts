import { describe } from 'vitest'
import { describeFailures } from './contract/failures.ts'
import { describeProtocols } from './contract/protocols.ts'
import { describeRepetition } from './contract/repetition.ts'
import { describeTraffic } from './contract/traffic.ts'
import { describeWayThrough } from './contract/way-through.ts'
import type { MakeWorld } from './contract/world.ts'

/** What every implementation of `Target` must hold, run on the implementation itself. */
export function describeTargetContract(name: string, makeWorld: MakeWorld): void {
  describe(name, () => {
    describeWayThrough(makeWorld)
    describeRepetition(makeWorld)
    describeFailures(makeWorld)
    describeTraffic(makeWorld)
    describeProtocols(makeWorld)
  })
}
