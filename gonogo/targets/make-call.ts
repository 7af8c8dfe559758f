import type { Call } from './call.ts'
import type { Outcome, Workload } from './target.ts'

/** What a kind of target does for each method of a call, in a world of its own. */
export type Methods<World> = {
  deploy(world: World, workload: Workload): Promise<Outcome>
  scale(world: World, version: string, replicas: number): Promise<Outcome>
  setWeights(world: World, weights: Readonly<Record<string, number>>): Promise<Outcome>
  promote(world: World, version: string): Promise<Outcome>
  revert(world: World, version: string, drop: string): Promise<Outcome>
  cleanup(world: World, keep: readonly string[]): Promise<Outcome>
}

export function makeCall<World>(methods: Methods<World>, world: World, call: Call): Promise<Outcome> {
  switch (call.method) {
    case 'deploy':
      return methods.deploy(world, call.workload)
    case 'scale':
      return methods.scale(world, call.version, call.replicas)
    case 'setWeights':
      return methods.setWeights(world, call.weights)
    case 'promote':
      return methods.promote(world, call.version)
    case 'revert':
      return methods.revert(world, call.version, call.drop)
    case 'cleanup':
      return methods.cleanup(world, call.keep)
  }
}
