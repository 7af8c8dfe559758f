import type { Json } from '#core/json.ts'
import type { CheckContext } from './check.ts'

/**
 * A planted fault that must turn one check red. The ground is a small, complete, known-good situation in a scratch
 * folder; `plant` breaks exactly one thing in it. The drill runs the check on both: the ground must pass, the planted
 * one must not (`expect`: fail, or unknown where the check can only say that it does not know).
 */
export type Drill<G = unknown> = {
  readonly item: string
  /** Builds the good situation. Everything it starts is ended by `close`. */
  ground(scratch: DrillScratch): Promise<DrillGround<G>>
  readonly faults: readonly DrillFault<G>[]
}

export type DrillGround<G> = {
  readonly config: Json
  /** Overrides of the scratch's context: release, stable, environment … */
  readonly context?: Partial<CheckContext>
  readonly ground: G
  close?(): Promise<void>
}

export type DrillFault<G> = {
  /** Named as what is wrong: "approved before the last push". */
  readonly name: string
  readonly expect: 'fail' | 'unknown'
  /** Breaks one thing: in files, or by other overrides of config and context. */
  plant(
    ground: DrillGround<G>,
    scratch: DrillScratch,
  ): Promise<{ config?: Json; context?: Partial<CheckContext>; close?(): Promise<void> }>
}

export type DrillScratch = {
  /** An empty folder of this drill's own. */
  readonly folder: string
  /** Root of the repository the service file lies in. */
  readonly root: string
  write(path: string, text: string | Uint8Array): Promise<string>
}

export const defineDrill = <G>(drill: Drill<G>): Drill<G> => drill
