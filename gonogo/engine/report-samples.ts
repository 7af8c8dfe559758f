import {
  type AnalysisPolicy,
  type AnalysisState,
  judge,
  observe,
  startAnalysis,
  TRIGGERS,
} from '#analysis/index.ts'
import type { HistogramBucket, InstanceSample, Scrape } from '#core/sample.ts'
import type { ReportSample } from '#report/index.ts'
import type { Store } from '#store/store.ts'
import { type KeptSample, parseSample } from './sampler.ts'

type EvidenceRow = Pick<ReportSample, 'evidence' | 'line' | 'triggers' | 'notRuledOut'>
type Arm = { requests: number; errors: number; p95Ms: [number, number | null] | null }

/**
 * The kept scrapes as one row an interval: differences per version, never interpolated inside a bucket, and the evidence
 * as the analysis had it then, by replaying what it was told.
 */
export function reportSamples(store: Store, id: string, policy: AnalysisPolicy): ReportSample[] {
  const rows: ReportSample[] = []
  let analysis = startAnalysis(policy)
  let before: KeptSample | null = null
  for (const { body } of store.eachSample(id)) {
    const sample = parseSample(body)
    analysis = observe(policy, analysis, sample.scrape, sample.context)
    if (before) rows.push({ ...rowOf(before, sample), ...evidenceAt(policy, analysis) })
    before = sample
  }
  return rows
}

/** The thresholds read literally keep no evidence. */
function evidenceAt(policy: AnalysisPolicy, analysis: AnalysisState): EvidenceRow {
  if (policy.mode === 'literal') return { evidence: null, line: null, triggers: null, notRuledOut: null }
  const { evidence, line, perTrigger, largestRatioNotRuledOut } = judge(policy, analysis)
  return {
    evidence: finite(evidence),
    line,
    triggers: TRIGGERS.map((one) => finite(perTrigger[one].weight * perTrigger[one].evidence)),
    notRuledOut: largestRatioNotRuledOut ?? Number.MAX_VALUE,
  }
}

/** Beyond any number it is still a number: JSON has no infinity. */
const finite = (n: number): number => Math.min(n, Number.MAX_VALUE)

function rowOf(before: KeptSample, sample: KeptSample): Omit<ReportSample, keyof EvidenceRow> {
  const { canaryVersion, baselineVersion, configuredWeight } = sample.context
  const canary = difference(before.scrape, sample.scrape, canaryVersion)
  const baseline = baselineVersion ? difference(before.scrape, sample.scrape, baselineVersion) : null
  const total = canary ? canary.requests + (baseline?.requests ?? 0) : 0
  return {
    atMs: sample.atMs,
    weight: configuredWeight * 100,
    observedShare: canary && total > 0 ? canary.requests / total : null,
    canary: canary ?? { requests: 0, errors: 0, p95Ms: null },
    baseline,
    unknown: canary === null,
  }
}

/** Null where either scrape is missing: unknown is not zero. */
function difference(before: Scrape | null, after: Scrape | null, version: string): Arm | null {
  if (!before || !after) return null
  const own = ({ instances }: Scrape) => instances.filter((i) => i.version === version)
  const old = new Map(own(before).map((i) => [i.instance, i]))
  const mine = own(after).map((i) => since(old.get(i.instance), i))
  const requests = mine.reduce((sum, i) => sum + i.requests, 0)
  const errors = mine.reduce((sum, i) => sum + i.errors, 0)
  return { requests, errors, p95Ms: p95(mine.map((i) => i.buckets)) }
}

/** A counter that fell was reset: its new value is the difference. */
function since(before: InstanceSample | undefined, now: InstanceSample): InstanceSample {
  if (!before || now.requests < before.requests) return now
  return {
    ...now,
    requests: now.requests - before.requests,
    errors: now.errors - before.errors,
    buckets: now.buckets.map((b, i) => ({ leMs: b.leMs, count: b.count - (before.buckets[i]?.count ?? 0) })),
  }
}

function p95(histograms: readonly (readonly HistogramBucket[])[]): [number, number | null] | null {
  const [first] = histograms
  if (!first) return null
  const summed = first.map((b, i) => ({
    leMs: b.leMs,
    count: histograms.reduce((sum, h) => sum + (h[i]?.count ?? 0), 0),
  }))
  const total = summed.at(-1)?.count ?? 0
  if (total === 0) return null
  const at = summed.findIndex((b) => b.count >= total * 0.95)
  const upper = summed[at]?.leMs ?? Number.POSITIVE_INFINITY
  return [summed[at - 1]?.leMs ?? 0, Number.isFinite(upper) ? upper : null]
}
