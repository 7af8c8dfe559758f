/** From here on sums of many draws are taken as normal: the discreteness that matters is below. */
const MANY = 30

/** A seeded generator (sfc32) and the draws the simulation needs; the same seed gives the same numbers everywhere. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1
  #spare = Number.NaN

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = 0x9e3779b9 | 0
    for (let i = 0; i < 15; i++) this.uniform()
  }

  /** In [0, 1). */
  uniform(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t
    return (t >>> 0) / 4294967296
  }

  /** Mean 0, standard deviation 1 (Box & Muller). */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare
      this.#spare = Number.NaN
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.#spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  poisson(mean: number): number {
    return this.poissonWith(mean, Math.exp(-mean))
  }

  /** `none` is exp(−mean), for callers that know it already. */
  poissonWith(mean: number, none: number): number {
    if (mean >= MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    let p = none
    let u = this.uniform()
    let k = 0
    while (u > p && k < 10 * MANY) {
      u -= p
      k++
      p *= mean / k
    }
    return k
  }

  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0
    if (p >= 1) return n
    if (p > 0.5) return n - this.binomial(n, 1 - p)
    const mean = n * p
    if (mean >= MANY)
      return Math.min(n, Math.max(0, Math.round(mean + Math.sqrt(mean * (1 - p)) * this.normal())))
    const odds = p / (1 - p)
    let q = Math.exp(n * Math.log1p(-p))
    let u = this.uniform()
    let k = 0
    while (u > q && k < n) {
      u -= q
      k++
      q *= (odds * (n - k + 1)) / k
    }
    return k
  }

  /** Mean `shape` (Marsaglia & Tsang 2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape)
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
    }
  }

  beta(a: number, b: number): number {
    const x = this.gamma(a)
    const y = this.gamma(b)
    return x + y > 0 ? x / (x + y) : a / (a + b)
  }

  /** 1, 2, 3… with this mean. */
  geometric(mean: number): number {
    return mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - this.uniform()) / Math.log(1 - 1 / mean))
  }
}
