import type { Place } from '../place.ts'
import type { Behaviour } from '../scenarios.ts'

/** `documented`: as its documentation has it; `fastest`: as quick as it can be made and still be sensible. */
export const SETTINGS = ['documented', 'fastest'] as const
export type Setting = (typeof SETTINGS)[number]

export type Decision = {
  /** `held`: it has told a person that it will not go on without one. */
  readonly outcome: 'rolled back' | 'promoted' | 'held'
  /** Epoch ms. */
  readonly atMs: number
  readonly reason: string
}

/** One contender with the stable version in a place, all traffic on it. */
export type Deployer = {
  /** Gives it the canary; answers as soon as it has it. */
  deploy(behaviour: Behaviour): Promise<void>
  /** Resolves when it has decided; never where it does not. Rejects where it ends before. */
  readonly decided: Promise<Decision>
  /** Waits until it has nothing left to do, and ends it. */
  close(): Promise<void>
}

/**
 * A decision that is still to come. A contender may end after it was made, or while its run is still being set up and
 * nobody waits for it yet: that ends no bench, and whoever waits is told.
 */
export function pendingDecision(): PromiseWithResolvers<Decision> {
  const pending = Promise.withResolvers<Decision>()
  pending.promise.catch(() => undefined)
  return pending
}

export type Options = {
  readonly setting: Setting
  /** Per cent of the traffic on the canary at first. */
  readonly firstWeight: number
  /** Counters must come from Prometheus, also where it could read the router itself. */
  readonly needsPrometheus: boolean
}

export type Contender = {
  readonly name: string
  /** How long a run may take before it counts as never decided. */
  readonly limitMs: Readonly<Record<Setting, number>>
  /** Builds it: minutes the first time. */
  build(say: (line: string) => void): Promise<void>
  /** Readies the cluster for all its runs. */
  prepare(): Promise<void>
  open(place: Place, options: Options): Promise<Deployer>
}
