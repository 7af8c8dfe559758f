import { type Arms, type Counts, noArms, noCounts, onFewerBounds } from './counts.ts'
import { type Evidence, startEvidence } from './evidence.ts'
import type { AnalysisPolicy, Trigger } from './policy.ts'

/** The last valid counters of one instance, cumulative, on the state's ladder. */
export type LastSeen = { readonly version: string; readonly counts: Counts; readonly atMs: number }

/** Why the latest interval says nothing. */
export type Blindness =
  | 'no scrape'
  | 'stale scrape'
  | 'instance missing'
  | 'garbage'
  | 'no histogram'
  | 'no canary series'
  | 'no baseline series'
  | 'first reading'

export type Crossing = {
  readonly atMs: number
  readonly afterMs: number
  readonly trigger: Trigger
  readonly evidence: number
  readonly step: Arms
}

/** All the analysis remembers: plain JSON, of bounded size, and all that `judge` looks at. Times are epoch ms. */
export type AnalysisState = {
  readonly v: 1
  /** Latest `context.atMs`; null before the first. */
  readonly atMs: number | null
  readonly step: number
  readonly stepAtMs: number | null
  readonly weight: number
  readonly hasBaseline: boolean
  /** Rises of the weight so far, up to two: each brings stake into play. */
  readonly rises: number
  /** Since when the canary is meant to have traffic. */
  readonly armedAtMs: number | null
  readonly blindness: Blindness | null
  /** End of the last interval in which the canary answered. */
  readonly knownAtMs: number | null
  /** End of the last interval in which either version answered. */
  readonly trafficAtMs: number | null
  /** Start of the first interval in which the canary answered. */
  readonly firstRequestAtMs: number | null
  /** Histogram bounds that every instance has, ascending, in ms. */
  readonly ladderMs: readonly number[] | null
  readonly scrapeAtMs: number | null
  readonly last: Readonly<Record<string, LastSeen>>
  readonly total: Arms
  readonly atStepStart: Arms
  /** Where the test of the traffic share starts: one interval after the weight was set. */
  readonly atWeightSet: Arms | null
  /** Totals at most every sixtieth of Appendix C's window, oldest first. */
  readonly history: readonly { readonly atMs: number; readonly total: Arms }[]
  /** A person has signed that the histogram cannot show what the p95 is judged by. */
  readonly latencyGapAccepted: boolean
  readonly ratioBoundMs: number | null
  /** Taken from the baseline while it still had traffic. */
  readonly frozen: { readonly errorRate: number; readonly slowShare: number } | null
  readonly evidence: Evidence
  readonly crossed: Crossing | null
}

export const startAnalysis = (policy: AnalysisPolicy): AnalysisState => ({
  v: 1,
  atMs: null,
  step: -1,
  stepAtMs: null,
  weight: 0,
  hasBaseline: true,
  rises: 0,
  armedAtMs: null,
  blindness: null,
  knownAtMs: null,
  trafficAtMs: null,
  firstRequestAtMs: null,
  ladderMs: null,
  scrapeAtMs: null,
  last: {},
  total: noArms(0),
  atStepStart: noArms(0),
  atWeightSet: null,
  history: [],
  latencyGapAccepted: false,
  ratioBoundMs: null,
  frozen: null,
  evidence: startEvidence(policy),
  crossed: null,
})

/**
 * The state by a clock that shows `nowMs`: one that was set back makes nothing that is remembered lie ahead. What passed
 * while it was set is lost.
 */
export function onClock(state: AnalysisState, nowMs: number): AnalysisState {
  const byMs = (state.atMs ?? nowMs) - nowMs
  if (byMs <= 0) return state
  const earlier = (ms: number | null) => (ms === null ? null : ms - byMs)
  const each = <T extends { readonly atMs: number }>(one: T): T => ({ ...one, atMs: one.atMs - byMs })
  return {
    ...state,
    atMs: nowMs,
    stepAtMs: earlier(state.stepAtMs),
    armedAtMs: earlier(state.armedAtMs),
    knownAtMs: earlier(state.knownAtMs),
    trafficAtMs: earlier(state.trafficAtMs),
    firstRequestAtMs: earlier(state.firstRequestAtMs),
    // A scrape is a moment later than when it was asked for; the next one is new all the same.
    scrapeAtMs: state.scrapeAtMs === null ? null : Math.min(state.scrapeAtMs - byMs, nowMs - 1),
    last: Object.fromEntries(Object.entries(state.last).map(([key, seen]) => [key, each(seen)])),
    history: state.history.map(each),
  }
}

/** The state on a ladder that is no longer than before; on the first one all counts start at zero. */
export function onLadder(state: AnalysisState, ladderMs: readonly number[]): AnalysisState {
  if (state.ladderMs?.length === ladderMs.length) return state
  const before = state.ladderMs
  const kept = ladderMs.map((boundMs) => before?.indexOf(boundMs) ?? -1)
  const counts = (c: Counts): Counts =>
    before ? onFewerBounds(c, kept) : { ...c, within: noCounts(kept.length).within }
  const arms = (a: Arms): Arms => ({ canary: counts(a.canary), baseline: counts(a.baseline) })
  return {
    ...state,
    ladderMs,
    last: Object.fromEntries(
      Object.entries(state.last).map(([key, seen]) => [key, { ...seen, counts: counts(seen.counts) }]),
    ),
    total: arms(state.total),
    atStepStart: arms(state.atStepStart),
    atWeightSet: state.atWeightSet && arms(state.atWeightSet),
    history: state.history.map((h) => ({ ...h, total: arms(h.total) })),
    ratioBoundMs:
      state.ratioBoundMs !== null && ladderMs.includes(state.ratioBoundMs) ? state.ratioBoundMs : null,
  }
}
