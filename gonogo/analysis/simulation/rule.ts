import type { MutableArm } from './arm.ts'

/** A way to decide, by name; one watcher per simulated deployment. */
export type Rule = {
  readonly name: string
  /** Proceeds before a step's wait has passed, as soon as it may. */
  readonly isEarly?: boolean
  readonly start: () => Watcher
}

export interface Watcher {
  /** The interval that ends at `atMs` since the canary's first request; true rolls back. */
  sees(canary: MutableArm, baseline: MutableArm, weight: number, atMs: number): boolean
  /** Asked at the end of a step's wait, and before it of a rule that is early; `isLast`: a hold comes otherwise. */
  mayProceed(weight: number, atMs: number, isLast: boolean): boolean
}
