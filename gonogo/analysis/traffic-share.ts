import { subtractArms } from './counts.ts'
import type { AnalysisState } from './state.ts'

/** The odds of the observed share may be off by this factor: connections are kept, and balancers count differently. */
const TOLERANCE = 1.5
/** Of all the traffic, the old version may keep this much at weight 1: connections that are still open. */
const RESIDUE = 0.05
/** Standard deviations beyond the tolerance: about one false alarm in three million looks. */
const Z = 5

export type ShareMismatch = { readonly observed: number; readonly configured: number }

/**
 * The canary's share of the requests since the weight was set, when it cannot be the configured one; else null. A
 * comparison under another weight than the plan's says little about the step that is being judged.
 */
export function shareMismatch(state: AnalysisState): ShareMismatch | null {
  const { weight, atWeightSet, total, hasBaseline } = state
  if (!atWeightSet || weight <= 0 || !hasBaseline) return null
  const { canary, baseline } = subtractArms(total, atWeightSet)
  const all = canary.requests + baseline.requests
  if (all === 0) return null
  const lowest = weight >= 1 ? 1 - RESIDUE : byOdds(weight, 1 / TOLERANCE)
  const highest = weight >= 1 ? 1 : byOdds(weight, TOLERANCE)
  const observed = canary.requests / all
  const isTooLow = observed < lowest - Z * Math.sqrt((lowest * (1 - lowest)) / all)
  const isTooHigh = observed > highest + Z * Math.sqrt((highest * (1 - highest)) / all)
  return isTooLow || isTooHigh ? { observed, configured: weight } : null
}

const byOdds = (share: number, factor: number): number => (factor * share) / (1 - share + factor * share)
