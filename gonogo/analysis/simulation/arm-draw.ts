import type { MutableArm, Rates } from './arm.ts'
import type { Random } from './random.ts'

/**
 * One version's interval when requests come independently: a Poisson number in each cell of failed/not × over/not,
 * which is the same as a Poisson number of requests that each fail or not. Chances are worked out once per setting.
 */
export class ArmDraw {
  #mean = Number.NaN
  #rates: Rates | null = null
  #boost = Number.NaN
  #slowOfOver = 0
  readonly #means = new Float64Array(4)
  readonly #none = new Float64Array(4)

  draw(random: Random, arm: MutableArm, mean: number, rates: Rates, boost: number): void {
    if (mean !== this.#mean || rates !== this.#rates || boost !== this.#boost)
      this.#prepare(mean, rates, boost)
    const failedOver = this.#cell(random, 0)
    const failed = failedOver + this.#cell(random, 1)
    const over = failedOver + this.#cell(random, 2)
    arm.requests = failed + (over - failedOver) + this.#cell(random, 3)
    arm.errors = failed
    arm.timed = arm.requests
    arm.over = over
    arm.slow = over === 0 ? 0 : random.binomial(over, this.#slowOfOver)
    arm.notFast = arm.slow
  }

  #prepare(mean: number, rates: Rates, boost: number): void {
    const error = Math.max(rates.errorRate, boost)
    const over = Math.max(rates.overShare, boost)
    this.#mean = mean
    this.#rates = rates
    this.#boost = boost
    this.#slowOfOver = over === 0 ? 0 : Math.min(1, Math.max(rates.slowShare, boost / 2) / over)
    const cells = [error * over, error * (1 - over), (1 - error) * over, (1 - error) * (1 - over)]
    for (const [i, share] of cells.entries()) {
      this.#means[i] = mean * share
      this.#none[i] = Math.exp(-mean * share)
    }
  }

  #cell(random: Random, i: number): number {
    return random.poissonWith(this.#means[i] as number, this.#none[i] as number)
  }
}
