import type { ArmSample, ReportSample } from '../report-input.ts'

type Bounds = readonly [number, number | null]

/** One version in one column of a plot. `p95Ms` spans the lowest and the highest bucket seen in it. */
type ArmBin = {
  readonly requests: number
  readonly errors: number
  readonly perSecond: number
  readonly p95Ms: Bounds | null
}

/** One column of a plot: one interval, or several of a long deployment taken together. Nothing measured is null, never 0. */
export type Bin = {
  readonly fromMs: number
  readonly toMs: number
  /** Measured on from the column before; where not, nothing joins the two. */
  readonly follows: boolean
  readonly weight: number
  readonly observedShare: number | null
  readonly canary: ArmBin | null
  readonly baseline: ArmBin | null
  readonly evidence: number | null
  readonly line: number | null
  /** The most of each trigger, and the ratio not ruled out at its end. */
  readonly triggers: readonly number[] | null
  readonly notRuledOut: number | null
}

export type Gap = { readonly fromMs: number; readonly toMs: number }

const COLUMNS = 150
/** Two samples further apart than this many intervals have unmeasured time between them. */
const GAP_FACTOR = 2.5

/** The usual distance between two samples; a lone sample stands for one second. */
export function intervalOf(samples: readonly ReportSample[]): number {
  const steps = samples.slice(1).map((s, i) => s.atMs - (samples[i]?.atMs ?? s.atMs))
  const sorted = steps.filter((ms) => ms > 0).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 1000
}

/** The samples as at most 150 columns of equal width; columns without a sample are left out. */
export function binSamples(samples: readonly ReportSample[]): Bin[] {
  const first = samples[0]
  const last = samples.at(-1)
  if (!first || !last) return []
  const interval = intervalOf(samples)
  const start = first.atMs - interval
  const width = Math.max(interval, Math.ceil((last.atMs - start) / COLUMNS / interval) * interval)
  const columns = new Map<number, ReportSample[]>()
  for (const sample of samples) {
    const column = Math.max(0, Math.ceil((sample.atMs - start) / width) - 1)
    const group = columns.get(column)
    if (group) group.push(sample)
    else columns.set(column, [sample])
  }
  const groups = [...columns]
  return groups.map(([column, group], i) => ({
    ...binOf(group, start + column * width, width, interval),
    follows: isContinued(groups[i - 1]?.[1].at(-1), group[0], interval),
  }))
}

/** Samples come a little early or late, so that a column may stay empty in which nothing was missed. */
const isContinued = (
  before: ReportSample | undefined,
  next: ReportSample | undefined,
  interval: number,
): boolean => before !== undefined && next !== undefined && next.atMs - before.atMs <= interval * GAP_FACTOR

function binOf(
  group: readonly ReportSample[],
  fromMs: number,
  width: number,
  interval: number,
): Omit<Bin, 'follows'> {
  const last = group.at(-1)
  const shares = group.map((s) => s.observedShare).filter((s) => s !== null)
  const seen = group.filter((s) => !isBlind(s))
  const seconds = (seen.length * interval) / 1000
  const evidence = group.map((s) => s.evidence).filter((e) => e !== null)
  return {
    fromMs,
    toMs: fromMs + width,
    weight: last?.weight ?? 0,
    observedShare: shares.length > 0 ? shares.reduce((sum, s) => sum + s, 0) / shares.length : null,
    canary: armOf(
      seen.map((s) => s.canary),
      seconds,
    ),
    baseline: armOf(
      seen.flatMap((s) => s.baseline ?? []),
      seconds,
    ),
    evidence: evidence.length > 0 ? Math.max(...evidence) : null,
    line: last?.line ?? null,
    triggers: mostOfEach(group.flatMap((s) => (s.triggers ? [s.triggers] : []))),
    notRuledOut: last?.notRuledOut ?? null,
  }
}

const mostOfEach = (rows: readonly (readonly number[])[]): number[] | null =>
  rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i] ?? 0))) ?? null

function armOf(arms: readonly ArmSample[], seconds: number): ArmBin | null {
  const requests = arms.reduce((sum, arm) => sum + arm.requests, 0)
  if (requests === 0) return null
  const errors = arms.reduce((sum, arm) => sum + arm.errors, 0)
  return {
    requests,
    errors,
    perSecond: requests / seconds,
    p95Ms: spanOf(arms.flatMap((a) => (a.p95Ms ? [a.p95Ms] : []))),
  }
}

function spanOf(buckets: readonly Bounds[]): Bounds | null {
  if (buckets.length === 0) return null
  const upper = buckets.map(([, upTo]) => upTo)
  const highest = upper.includes(null) ? null : Math.max(...upper.map(Number))
  return [Math.min(...buckets.map(([over]) => over)), highest]
}

/** Time in which traffic was configured and nothing was measured, and time between samples that are too far apart. */
export function gapsOf(samples: readonly ReportSample[]): Gap[] {
  const interval = intervalOf(samples)
  const found: Gap[] = []
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1]
    const isLate = before !== undefined && sample.atMs - before.atMs > interval * GAP_FACTOR
    if (isLate) extend(found, { fromMs: before.atMs, toMs: sample.atMs - interval })
    if (isBlind(sample)) extend(found, { fromMs: sample.atMs - interval, toMs: sample.atMs })
  }
  return found
}

/** Without a share nothing is known of this interval, whatever was set. */
export const isBlind = (sample: ReportSample): boolean =>
  sample.unknown === true || (sample.weight > 0 && sample.observedShare === null)

function extend(gaps: Gap[], next: Gap): void {
  const last = gaps.at(-1)
  if (last && next.fromMs <= last.toMs + 1)
    gaps[gaps.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, next.toMs) }
  else gaps.push(next)
}
