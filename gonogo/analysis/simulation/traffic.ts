import type { MutableArm, Rates } from './arm.ts'
import { ArmDraw } from './arm-draw.ts'
import type { Random } from './random.ts'

/**
 * How failures hang together while the version makes no difference. `sharedIncidents`: now and then both versions fail
 * and slow down for about a minute. `betaBinomial`: rates differ from second to second, and the failures of a second
 * prefer one version. `clusters`: a failure is retried at once by its caller, and the retries fail too.
 * `ownRates`: each version's rate jumps about by itself from second to second, which the bound does not cover.
 */
export type Noise = 'independent' | 'sharedIncidents' | 'betaBinomial' | 'clusters' | 'ownRates'

export type TrafficModel = {
  readonly requestsPerSecond: number
  readonly healthy: Rates
  /** The new version's rates from `startsAtMs` on; null: it makes no difference. */
  readonly fault: (Rates & { readonly startsAtMs: number }) | null
  readonly noise: Noise
}

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
  readonly #canary = new ArmDraw()
  readonly #baseline = new ArmDraw()
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
    if (noise === 'sharedIncidents') this.#advanceIncident(seconds)
    this.#canary.draw(this.#random, canary, mean * weight, mine, this.#incident)
    this.#baseline.draw(this.#random, baseline, mean * (1 - weight), healthy, this.#incident)
    if (noise === 'clusters') {
      this.#retried(canary, mine.errorRate)
      this.#retried(baseline, healthy.errorRate)
    } else if (noise === 'betaBinomial') this.#sticky(canary, baseline, mine.errorRate / healthy.errorRate)
    else if (noise === 'ownRates') {
      canary.errors = this.#random.binomial(canary.requests, this.#jumping(mine.errorRate))
      baseline.errors = this.#random.binomial(baseline.requests, this.#jumping(healthy.errorRate))
    }
  }

  #advanceIncident(seconds: number): void {
    if (this.#incident > 0) {
      if (this.#random.uniform() < seconds / INCIDENT_LASTS_S) this.#incident = 0
    } else if (this.#random.uniform() < seconds / INCIDENT_EVERY_S)
      this.#incident = 0.02 + 0.48 * this.#random.uniform()
  }

  /** Failures come as clusters of the same mean number; the retries are requests too. */
  #retried(arm: MutableArm, errorRate: number): void {
    const clusters = this.#random.poisson((arm.requests * errorRate) / CLUSTER_MEAN)
    arm.errors = 0
    for (let i = 0; i < clusters; i++) arm.errors += this.#random.geometric(CLUSTER_MEAN)
    arm.requests += arm.errors
    arm.timed = arm.requests
  }

  /** Draws the second's error rate and the canary's share of its failures anew; `ratio` times worse raises the share. */
  #sticky(canary: MutableArm, baseline: MutableArm, ratio: number): void {
    const all = canary.requests + baseline.requests
    const { healthy } = this.#model
    const worse = (baseline.requests + ratio * canary.requests) / Math.max(1, all)
    const errors = this.#random.binomial(all, this.#jumping(healthy.errorRate * worse))
    const share = errors === 0 ? 0 : (ratio * canary.requests) / (baseline.requests + ratio * canary.requests)
    const isMixed = share > 0 && share < 1
    const stuck = isMixed
      ? this.#random.beta(share * SHARE_CONCENTRATION, (1 - share) * SHARE_CONCENTRATION)
      : share
    const mine = this.#random.binomial(errors, stuck)
    canary.errors = Math.min(canary.requests, mine)
    baseline.errors = Math.min(baseline.requests, errors - mine)
  }

  #jumping(errorRate: number): number {
    return Math.min(1, (errorRate * this.#random.gamma(RATE_SHAPE)) / RATE_SHAPE)
  }
}
