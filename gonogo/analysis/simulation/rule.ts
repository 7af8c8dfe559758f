import type { MutableArm } from './traffic.ts'

/** A way to decide, by name; one watcher per simulated deployment. */
export type Rule = { readonly name: string; readonly start: () => Watcher }

export interface Watcher {
  /** The interval that ends at `atMs` since the canary's first request; true rolls back. */
  sees(canary: MutableArm, baseline: MutableArm, weight: number, atMs: number): boolean
  /** Asked at the end of a step's wait. */
  mayProceed(weight: number): boolean
}
