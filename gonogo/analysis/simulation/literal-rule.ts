import type { AnalysisPolicy } from '../policy.ts'
import type { MutableArm } from './arm.ts'
import type { Rule, Watcher } from './rule.ts'

/** The checklist's error criteria over Appendix C's window, looked at in every interval. */
export const literalRule = (policy: AnalysisPolicy, minBadRequests: number): Rule => ({
  name: `thresholds read literally${minBadRequests > 1 ? `, from ${minBadRequests} bad requests on` : ''}`,
  start: () => new LiteralWatcher(policy, minBadRequests),
})

class LiteralWatcher implements Watcher {
  readonly #policy: AnalysisPolicy
  readonly #least: number
  readonly #window: ErrorWindow

  constructor(policy: AnalysisPolicy, minBadRequests: number) {
    this.#policy = policy
    this.#least = minBadRequests
    this.#window = new ErrorWindow(Math.round(policy.literal.windowMs / policy.intervalMs))
  }

  sees(canary: MutableArm, baseline: MutableArm, weight: number): boolean {
    const w = this.#window
    w.add(canary, baseline)
    const { errorRate, errorRatio } = this.#policy.thresholds
    if (w.canaryErrors < this.#least || w.canaryRequests === 0) return false
    const rate = w.canaryErrors / w.canaryRequests
    if (rate > errorRate) return true
    return weight < 1 && w.baselineErrors > 0 && rate >= (errorRatio * w.baselineErrors) / w.baselineRequests
  }

  mayProceed(): boolean {
    return this.#window.canaryRequests > 0
  }
}

/** Sums over the last `length` intervals. */
export class ErrorWindow {
  canaryErrors = 0
  canaryRequests = 0
  baselineErrors = 0
  baselineRequests = 0
  readonly #rows: Float64Array
  #at = 0

  constructor(length: number) {
    this.#rows = new Float64Array(4 * length)
  }

  add(canary: MutableArm, baseline: MutableArm): void {
    const rows = this.#rows
    const at = this.#at
    this.canaryErrors += canary.errors - (rows[at] as number)
    this.canaryRequests += canary.requests - (rows[at + 1] as number)
    this.baselineErrors += baseline.errors - (rows[at + 2] as number)
    this.baselineRequests += baseline.requests - (rows[at + 3] as number)
    rows[at] = canary.errors
    rows[at + 1] = canary.requests
    rows[at + 2] = baseline.errors
    rows[at + 3] = baseline.requests
    this.#at = (at + 4) % rows.length
  }
}
