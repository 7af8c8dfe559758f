type Share = { readonly version: string; readonly weight: number; current: number }

/** As many choices are made ahead and then mixed; 5 % is one of them. */
const BLOCK = 20

/**
 * Smooth weighted round robin (as in nginx), in blocks whose order is mixed: a canary of 5 % gets one of every twenty
 * requests and not 5 % on average, and it is not always the same one. Without the mixing, traffic that repeats itself
 * every twenty requests would show the canary a single caller. Exact at the end of every block.
 */
export class WeightedChoice {
  #shares: Share[] = []
  #total = 0
  #block: string[] = []
  readonly #random: () => number

  /** @param random uniform on [0, 1) */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Starts anew with these weights (any positive numbers); takes effect for the next request. */
  set(weights: Readonly<Record<string, number>>): void {
    this.#shares = Object.entries(weights)
      .filter(([, weight]) => weight > 0)
      .map(([version, weight]) => ({ version, weight, current: 0 }))
    this.#total = this.#shares.reduce((sum, share) => sum + share.weight, 0)
    this.#block = []
  }

  /** The version of the next request; null when no version has weight. */
  next(): string | null {
    if (this.#block.length === 0 && this.#shares.length > 0) this.#block = this.#mixed()
    return this.#block.pop() ?? null
  }

  /** Fisher and Yates' shuffle of the next choices. */
  #mixed(): string[] {
    const block = Array.from({ length: BLOCK }, () => this.#choose())
    for (let i = block.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1))
      const [a, b] = [block[i] as string, block[j] as string]
      block[i] = b
      block[j] = a
    }
    return block
  }

  #choose(): string {
    let chosen = this.#shares[0] as Share
    for (const share of this.#shares) {
      share.current += share.weight
      if (share.current > chosen.current) chosen = share
    }
    chosen.current -= this.#total
    return chosen.version
  }
}
