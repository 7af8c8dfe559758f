/** One version's counts: `timed` is the histogram's total, `within[i]` of them took at most the ladder's i-th bound. */
export type Counts = {
  readonly requests: number
  readonly errors: number
  readonly timed: number
  readonly within: readonly number[]
}

export const noCounts = (bounds: number): Counts => ({
  requests: 0,
  errors: 0,
  timed: 0,
  within: new Array<number>(bounds).fill(0),
})

export const addCounts = (a: Counts, b: Counts): Counts => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  timed: a.timed + b.timed,
  within: a.within.map((n, i) => n + (b.within[i] as number)),
})

export const subtractCounts = (a: Counts, b: Counts): Counts => ({
  requests: a.requests - b.requests,
  errors: a.errors - b.errors,
  timed: a.timed - b.timed,
  within: a.within.map((n, i) => n - (b.within[i] as number)),
})

/** Both versions side by side. */
export type Arms = { readonly canary: Counts; readonly baseline: Counts }

export const noArms = (bounds: number): Arms => ({ canary: noCounts(bounds), baseline: noCounts(bounds) })

export const subtractArms = (a: Arms, b: Arms): Arms => ({
  canary: subtractCounts(a.canary, b.canary),
  baseline: subtractCounts(a.baseline, b.baseline),
})

export const addArms = (a: Arms, b: Arms): Arms => ({
  canary: addCounts(a.canary, b.canary),
  baseline: addCounts(a.baseline, b.baseline),
})

/** The same counts on fewer bounds. `kept` are indexes into the old ladder. */
export const onFewerBounds = (counts: Counts, kept: readonly number[]): Counts => ({
  ...counts,
  within: kept.map((i) => counts.within[i] as number),
})

/** Requests slower than the ladder's bound at `index`; -1 when there is no such bound: none is known to be. */
export const slowerThan = (counts: Counts, index: number): number =>
  index < 0 ? 0 : counts.timed - (counts.within[index] as number)
