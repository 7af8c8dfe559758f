import type { MutableArm } from './arm.ts'
import { ErrorWindow } from './literal-rule.ts'
import { hodgesLehmann } from './mann-whitney.ts'
import type { Rule, Watcher } from './rule.ts'

/** Prometheus' usual scrape interval, over which `irate` reaches. */
const IRATE_MS = 15_000

/**
 * A check of the canary's success rate every so often; so many failed ones abort. Without requests there is no rate:
 * Argo's condition is false of NaN, and Flagger halts for want of values, so the check has failed.
 */
type Threshold = {
  readonly name: string
  readonly everyMs: number
  readonly windowMs: number
  readonly minSuccess: number
  readonly abortAtFailures: number
  /** Checks after which it is over and has passed. */
  readonly checks: number
}

/** Argo Rollouts, docs/features/analysis.md, "Analysis at a Predefined Step": 60 s, five times, ≥ 95 %, limit 0. */
export const argoInline: Threshold = {
  name: 'Argo Rollouts, analysis step (60 s, count 5, ≥ 95 %)',
  everyMs: 60_000,
  windowMs: IRATE_MS,
  minSuccess: 0.95,
  abortAtFailures: 1,
  checks: 5,
}

/** Argo Rollouts, the same page, "Background Analysis": 5 min, ≥ 95 %, failureLimit 3 (the fourth failure aborts). */
export const argoBackground: Threshold = {
  name: 'Argo Rollouts, background (5 min, ≥ 95 %, failureLimit 3)',
  everyMs: 300_000,
  windowMs: IRATE_MS,
  minSuccess: 0.95,
  abortAtFailures: 4,
  checks: Number.POSITIVE_INFINITY,
}

/** Flagger, docs/gitbook/usage/how-it-works.md: interval 1m, threshold 5, request-success-rate min 99 over 1m. */
export const flagger: Threshold = {
  name: 'Flagger (1 min, threshold 5, ≥ 99 %)',
  everyMs: 60_000,
  windowMs: 60_000,
  minSuccess: 0.99,
  abortAtFailures: 5,
  checks: Number.POSITIVE_INFINITY,
}

export const thresholdRule = (setting: Threshold, intervalMs: number): Rule => ({
  name: setting.name,
  start: () => new ThresholdWatcher(setting, intervalMs),
})

class ThresholdWatcher implements Watcher {
  readonly #setting: Threshold
  readonly #window: ErrorWindow
  #failures = 0
  #checks = 0
  #dueMs: number

  constructor(setting: Threshold, intervalMs: number) {
    this.#setting = setting
    this.#window = new ErrorWindow(Math.max(1, Math.round(setting.windowMs / intervalMs)))
    this.#dueMs = setting.everyMs
  }

  sees(canary: MutableArm, baseline: MutableArm, _weight: number, atMs: number): boolean {
    const window = this.#window
    window.add(canary, baseline)
    const { everyMs, minSuccess, abortAtFailures, checks } = this.#setting
    if (atMs < this.#dueMs || this.#checks >= checks) return false
    this.#dueMs += everyMs
    this.#checks++
    const success = 1 - window.canaryErrors / window.canaryRequests
    if (!(success >= minSuccess)) this.#failures++
    return this.#failures >= abortAtFailures
  }

  mayProceed(): boolean {
    return true
  }
}

const KAYENTA_POINT_MS = 60_000
const KAYENTA_EVERY_MS = 1_800_000
/** NetflixACAJudge: 98 % confidence, and the shift must exceed a quarter of its own estimate. */
const KAYENTA_Z = 2.326
const KAYENTA_FRACTION = 0.25

/**
 * Kayenta (Spinnaker) with the NetflixACAJudge's Mann-Whitney test on the error rates of each minute, judged every
 * 30 minutes on all data since the start. One metric: "High" fails it.
 */
export const kayentaRule = (): Rule => ({
  name: 'Kayenta (30 min, Mann-Whitney 98 %)',
  start: () => new KayentaWatcher(),
})

class KayentaWatcher implements Watcher {
  readonly #canary: number[] = []
  readonly #baseline: number[] = []
  #errors = [0, 0]
  #requests = [0, 0]
  #pointMs = KAYENTA_POINT_MS
  #dueMs = KAYENTA_EVERY_MS

  sees(canary: MutableArm, baseline: MutableArm, _weight: number, atMs: number): boolean {
    this.#errors = [(this.#errors[0] ?? 0) + canary.errors, (this.#errors[1] ?? 0) + baseline.errors]
    this.#requests = [
      (this.#requests[0] ?? 0) + canary.requests,
      (this.#requests[1] ?? 0) + baseline.requests,
    ]
    if (atMs >= this.#pointMs) this.#closePoint()
    if (atMs < this.#dueMs) return false
    this.#dueMs += KAYENTA_EVERY_MS
    const shift = hodgesLehmann(this.#canary, this.#baseline, KAYENTA_Z)
    return shift !== null && shift.lower > KAYENTA_FRACTION * Math.abs(shift.estimate)
  }

  #closePoint(): void {
    const [canary = 0, baseline = 0] = this.#requests
    if (canary > 0) this.#canary.push((this.#errors[0] ?? 0) / canary)
    if (baseline > 0) this.#baseline.push((this.#errors[1] ?? 0) / baseline)
    this.#errors = [0, 0]
    this.#requests = [0, 0]
    this.#pointMs += KAYENTA_POINT_MS
  }

  mayProceed(): boolean {
    return true
  }
}
