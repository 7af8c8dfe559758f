type Share = { readonly version: string; readonly weight: number; current: number }

/**
 * Smooth weighted round robin (as in nginx): exact over every cycle, and between two versions never a whole request off
 * at any moment. Deterministic, so that a canary of 5 % gets every twentieth request and not 5 % on average.
 */
export class WeightedChoice {
  #shares: Share[] = []
  #total = 0

  /** Starts anew with these weights (any positive numbers); takes effect for the next request. */
  set(weights: Readonly<Record<string, number>>): void {
    this.#shares = Object.entries(weights)
      .filter(([, weight]) => weight > 0)
      .map(([version, weight]) => ({ version, weight, current: 0 }))
    this.#total = this.#shares.reduce((sum, share) => sum + share.weight, 0)
  }

  /** The version of the next request; null when no version has weight. */
  next(): string | null {
    let chosen: Share | null = null
    for (const share of this.#shares) {
      share.current += share.weight
      if (!chosen || share.current > chosen.current) chosen = share
    }
    if (!chosen) return null
    chosen.current -= this.#total
    return chosen.version
  }
}
