/** Shares (0…1) of a version's requests: failed, slower than the p95 limit, slower than the bound of the p95 ratio. */
export type Rates = { readonly errorRate: number; readonly slowShare: number; readonly overShare: number }

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
