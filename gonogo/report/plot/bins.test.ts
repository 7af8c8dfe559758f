import { describe, expect, it } from 'vitest'
import type { ReportSample } from '../report-input.ts'
import { binSamples, gapsOf } from './bins.ts'
import { runsOf } from './lines.ts'

const sample = (atMs: number, rest: Partial<ReportSample> = {}): ReportSample => ({
  atMs,
  weight: 5,
  observedShare: 0.05,
  canary: { requests: 5, errors: 0, p95Ms: [200, 300] },
  baseline: { requests: 95, errors: 1, p95Ms: [100, 200] },
  evidence: 1,
  line: 1000,
  triggers: [1, 0, 0, 0],
  notRuledOut: 5,
  ...rest,
})
const blind = (atMs: number) =>
  sample(atMs, {
    observedShare: null,
    canary: { requests: 0, errors: 0, p95Ms: null },
    baseline: { requests: 0, errors: 0, p95Ms: null },
    evidence: null,
    triggers: null,
    notRuledOut: null,
  })

describe('the columns of a plot', () => {
  it('are one for each interval of a short deployment', () => {
    expect(binSamples([sample(1000), sample(2000)]).map((b) => [b.fromMs, b.toMs])).toEqual([
      [0, 1000],
      [1000, 2000],
    ])
  })

  it('are at most 150, and lose no request', () => {
    const samples = Array.from({ length: 86_400 }, (_, i) => sample((i + 1) * 1000))
    const bins = binSamples(samples)
    expect(bins.length).toBeLessThanOrEqual(150)
    expect(bins.reduce((sum, b) => sum + (b.canary?.requests ?? 0), 0)).toBe(5 * 86_400)
    expect(bins[0]?.canary?.perSecond).toBeCloseTo(5)
  })

  it('hold null, not zero, where nothing was measured', () => {
    expect(binSamples([sample(1000), blind(2000)])[1]).toMatchObject({
      canary: null,
      baseline: null,
      observedShare: null,
      evidence: null,
    })
  })

  it('are not joined over time that nobody measured', () => {
    const bins = binSamples([sample(1000), blind(2000), sample(3000), sample(4000)])
    expect(runsOf(bins, (b) => b.canary?.requests ?? null).map((run) => run.length)).toEqual([1, 2])
  })

  it('are joined where a sample came a little early or late, and missed nothing', () => {
    const bins = binSamples([1000, 2001, 3000, 3999, 5002, 6000].map((atMs) => sample(atMs)))
    expect(runsOf(bins, (b) => b.canary?.requests ?? null)).toHaveLength(1)
  })

  it('come with the time that nobody measured, and the time between samples too far apart', () => {
    expect(gapsOf([sample(1000), blind(2000), blind(3000), sample(4000)])).toEqual([
      { fromMs: 1000, toMs: 3000 },
    ])
    expect(gapsOf([sample(1000), sample(2000), sample(9000), sample(10_000)])).toEqual([
      { fromMs: 2000, toMs: 8000 },
    ])
  })

  it('widen the bucket of a column to all buckets seen in it', () => {
    const samples = Array.from({ length: 300 }, (_, i) =>
      sample((i + 1) * 1000, { canary: { requests: 5, errors: 0, p95Ms: i % 2 ? [300, null] : [100, 200] } }),
    )
    expect(binSamples(samples)[0]?.canary?.p95Ms).toEqual([100, null])
  })
})
