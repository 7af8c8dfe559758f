import type { Random } from './random.ts'

/** Shares (0…1) of a version's requests: failed, slower than the p95 limit, slower than the bound of the p95 ratio. */
export type Rates = { readonly errorRate: number; readonly slowShare: number; readonly overShare: number }

/**
 * How failures hang together while the version makes no difference. `sharedIncidents`: now and then both versions fail
 * and slow down for about a minute. `betaBinomial`: rates differ from second to second, and the failures of a second
 * prefer one version. `clusters`: a failure is retried at once by its caller, and the retries fail too.
 */
export type Noise = 'independent' | 'sharedIncidents' | 'betaBinomial' | 'clusters'

export type TrafficModel = {
  readonly requestsPerSecond: number
  readonly healthy: Rates
  /** The new version's rates from `startsAtMs` on; null: it makes no difference. */
  readonly fault: (Rates & { readonly startsAtMs: number }) | null
  readonly noise: Noise
}

/** One version's events in one interval, filled anew each time. */
export type MutableArm = {
  requests: number
  errors: number
  timed: number
  slow: number
  notFast: number
  over: number
}

export const emptyArm = (): MutableArm => ({
  requests: 0,
  errors: 0,
  timed: 0,
  slow: 0,
  notFast: 0,
  over: 0,
})

const INCIDENT_EVERY_S = 600
const INCIDENT_LASTS_S = 60
const CLUSTER_MEAN = 5
/** Of the beta draws: the smaller, the more a second's rate and a second's share jump about. */
const RATE_SHAPE = 0.5
const SHARE_CONCENTRATION = 5

/** The traffic of one simulated deployment, an interval at a time. */
export class Traffic {
  readonly #model: TrafficModel
  readonly #random: Random
  #incident = 0

  constructor(model: TrafficModel, random: Random) {
    this.#model = model
    this.#random = random
  }

  /** Fills both arms with the interval of `seconds` that ends at `atMs`, at this weight of the canary (0…1). */
  next(canary: MutableArm, baseline: MutableArm, weight: number, atMs: number, seconds: number): void {
    const { healthy, fault, requestsPerSecond, noise } = this.#model
    const mine = fault && atMs > fault.startsAtMs ? fault : healthy
    const mean = requestsPerSecond * seconds
    canary.requests = this.#random.poisson(mean * weight)
    baseline.requests = this.#random.poisson(mean * (1 - weight))
    if (noise === 'sharedIncidents') this.#advanceIncident(seconds)
    const boost = this.#incident
    if (noise === 'clusters') {
      this.#retried(canary, mine.errorRate, mean * weight)
      this.#retried(baseline, healthy.errorRate, mean * (1 - weight))
    } else if (noise === 'betaBinomial') this.#sticky(canary, baseline, healthy.errorRate)
    else {
      canary.errors = this.#random.binomial(canary.requests, Math.max(mine.errorRate, boost))
      baseline.errors = this.#random.binomial(baseline.requests, Math.max(healthy.errorRate, boost))
    }
    this.#time(canary, mine, boost)
    this.#time(baseline, healthy, boost)
  }

  #advanceIncident(seconds: number): void {
    if (this.#incident > 0) {
      if (this.#random.uniform() < seconds / INCIDENT_LASTS_S) this.#incident = 0
    } else if (this.#random.uniform() < seconds / INCIDENT_EVERY_S)
      this.#incident = 0.02 + 0.48 * this.#random.uniform()
  }

  #retried(arm: MutableArm, errorRate: number, mean: number): void {
    const clusters = this.#random.poisson((mean * errorRate) / CLUSTER_MEAN)
    arm.errors = 0
    for (let i = 0; i < clusters; i++) arm.errors += this.#random.geometric(CLUSTER_MEAN)
    arm.requests += arm.errors
  }

  #sticky(canary: MutableArm, baseline: MutableArm, errorRate: number): void {
    const all = canary.requests + baseline.requests
    const rate = Math.min(1, (errorRate * this.#random.gamma(RATE_SHAPE)) / RATE_SHAPE)
    const errors = this.#random.binomial(all, rate)
    const share = all > 0 ? canary.requests / all : 0
    const isOneSided = share <= 0 || share >= 1
    const stuck =
      errors === 0 || isOneSided
        ? share
        : this.#random.beta(share * SHARE_CONCENTRATION, (1 - share) * SHARE_CONCENTRATION)
    canary.errors = Math.min(canary.requests, this.#random.binomial(errors, stuck))
    baseline.errors = errors - canary.errors
  }

  #time(arm: MutableArm, rates: Rates, boost: number): void {
    arm.timed = arm.requests
    const overShare = Math.max(rates.overShare, boost)
    arm.over = this.#random.binomial(arm.requests, overShare)
    arm.slow = this.#random.binomial(arm.over, Math.min(1, Math.max(rates.slowShare, boost / 2) / overShare))
    arm.notFast = arm.slow
  }
}
