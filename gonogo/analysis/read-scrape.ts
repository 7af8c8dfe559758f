import type { InstanceSample, Scrape } from '#core/sample.ts'
import { type Arms, addCounts, type Counts, noCounts, subtractCounts } from './counts.ts'
import { type AnalysisState, type Blindness, type LastSeen, onLadder } from './state.ts'

/** What was configured when the scrape was taken. `configuredWeight` is the canary's share, 0…1. */
export type ObserveContext = {
  readonly canaryVersion: string
  readonly baselineVersion: string | null
  readonly configuredWeight: number
  readonly step: number
  readonly atMs: number
  /** A person has signed that latency cannot be judged fully with this histogram; not so when it is not said. */
  readonly latencyGapAccepted?: boolean
}

/** `interval` is null for the first scrape, which is only what later ones are compared with. */
export type Reading =
  | { readonly kind: 'unknown'; readonly why: Blindness }
  | { readonly kind: 'read'; readonly state: AnalysisState; readonly interval: Arms | null }

/** An instance not seen for this long is forgotten; should it come back, its whole count is new. */
const FORGET_AFTER_MS = 3_600_000

/**
 * Differences of the raw counters since the last valid scrape, summed per version. One instance with garbage makes the
 * whole scrape unknown, because half a comparison is a wrong one; nothing is lost, the next difference spans the gap.
 */
export function readScrape(state: AnalysisState, scrape: Scrape | null, context: ObserveContext): Reading {
  const unknown = (why: Blindness): Reading => ({ kind: 'unknown', why })
  if (!scrape) return unknown('no scrape')
  if (state.scrapeAtMs !== null && scrape.atMs <= state.scrapeAtMs) return unknown('stale scrape')
  if (!scrape.complete) return unknown('instance missing')
  const samples = ownSamples(scrape, context)
  if (!samples || !Number.isFinite(scrape.atMs)) return unknown('garbage')
  const versions = new Set(samples.map((s) => s.version))
  if (context.configuredWeight > 0 && !versions.has(context.canaryVersion)) return unknown('no canary series')
  if (
    context.configuredWeight < 1 &&
    context.baselineVersion !== null &&
    !versions.has(context.baselineVersion)
  )
    return unknown('no baseline series')
  if (lacksHistogram(state, samples)) return unknown('no histogram')
  return difference(onLadder(state, commonLadder(state.ladderMs, samples)), samples, scrape.atMs, context)
}

/** The two versions' samples, each instance once; null when one is not what a counter can be. */
function ownSamples(scrape: Scrape, context: ObserveContext): InstanceSample[] | null {
  const own = new Map<string, InstanceSample>()
  for (const sample of scrape.instances) {
    if (sample.version !== context.canaryVersion && sample.version !== context.baselineVersion) continue
    if (!isSound(sample)) return null
    const key = keyOf(sample)
    const twin = own.get(key)
    if (twin && JSON.stringify(twin) !== JSON.stringify(sample)) return null
    own.set(key, sample)
  }
  return [...own.values()]
}

const keyOf = (sample: InstanceSample): string => `${sample.version}\n${sample.instance}`

const isCount = (n: number): boolean => n >= 0 && n <= Number.MAX_SAFE_INTEGER

function isSound({ requests, errors, buckets }: InstanceSample): boolean {
  if (!isCount(requests) || !isCount(errors) || errors > requests) return false
  if (buckets.length === 0) return true
  const last = buckets[buckets.length - 1]
  if (!last || !isOpen(last.leMs)) return false
  return buckets.every(({ leMs, count }, i) => {
    const before = buckets[i - 1]
    const isBound = i === buckets.length - 1 || (leMs > (before?.leMs ?? -1) && Number.isFinite(leMs))
    return isBound && isCount(count) && count >= (before?.count ?? 0)
  })
}

/** JSON has no infinity: there the last bound is null. */
const isOpen = (leMs: number | null): boolean => leMs === null || leMs === Number.POSITIVE_INFINITY

/** A version that counts its requests but not their durations, where others do, would be judged by its errors only. */
function lacksHistogram(state: AnalysisState, samples: readonly InstanceSample[]): boolean {
  const isTimed = (sample: InstanceSample): boolean => sample.buckets.length > 0
  if (samples.every((sample) => sample.requests === 0 || isTimed(sample))) return false
  return samples.some(isTimed) || (state.ladderMs?.length ?? 0) > 0
}

/** Bounds that all have. An instance without a request may not have a histogram yet, and says nothing. */
function commonLadder(
  before: readonly number[] | null,
  samples: readonly InstanceSample[],
): readonly number[] {
  let common = before
  for (const { requests, buckets } of samples) {
    if (requests === 0 && buckets.length === 0) continue
    const own = buckets.length - 1
    const isSame = common?.length === own && common.every((boundMs, i) => buckets[i]?.leMs === boundMs)
    if (isSame) continue
    const bounds = buckets.slice(0, -1).map((b) => b.leMs)
    common = common ? common.filter((boundMs) => bounds.includes(boundMs)) : bounds
  }
  return common ?? []
}

function countsOf(sample: InstanceSample, ladderMs: readonly number[]): Counts {
  const { requests, errors, buckets } = sample
  const timed = buckets[buckets.length - 1]?.count ?? 0
  if (buckets.length === 0) return { ...noCounts(ladderMs.length), requests, errors }
  let at = 0
  const within = ladderMs.map((boundMs) => {
    while (buckets[at]?.leMs !== boundMs) at++
    return buckets[at]?.count as number
  })
  return { requests, errors, timed, within }
}

function difference(
  state: AnalysisState,
  samples: readonly InstanceSample[],
  atMs: number,
  context: ObserveContext,
): Reading {
  const ladderMs = state.ladderMs ?? []
  const last: Record<string, LastSeen> = {}
  let canary = noCounts(ladderMs.length)
  let baseline = canary
  for (const sample of samples) {
    const counts = countsOf(sample, ladderMs)
    const grown = growth(state.last[keyOf(sample)]?.counts, counts)
    if (sample.version === context.canaryVersion) canary = addCounts(canary, grown)
    else baseline = addCounts(baseline, grown)
    last[keyOf(sample)] = { version: sample.version, counts, atMs }
  }
  for (const [key, seen] of Object.entries(state.last))
    if (!last[key] && Math.abs(atMs - seen.atMs) < FORGET_AFTER_MS) last[key] = seen
  const interval = state.scrapeAtMs === null ? null : { canary, baseline }
  return { kind: 'read', state: { ...state, last, scrapeAtMs: atMs }, interval }
}

/** A counter that fell, or one bucket of it, was reset: the difference is its new value. */
function growth(before: Counts | undefined, now: Counts): Counts {
  if (!before) return now
  if (now.requests < before.requests || now.errors < before.errors || now.timed < before.timed) return now
  const grown = subtractCounts(now, before)
  const { within, timed } = grown
  for (let i = 0; i <= within.length; i++) if ((within[i] ?? timed) < (within[i - 1] ?? 0)) return now
  return grown.errors > grown.requests ? { ...grown, errors: grown.requests } : grown
}
