import type { ReportSample } from '../report-input.ts'
import { type Bin, binSamples, type Gap, gapsOf } from './bins.ts'

/** A moment that every panel shows as a vertical line. */
export type Mark = {
  readonly atMs: number
  readonly kind: 'step' | 'proceed' | 'rollback' | 'hold' | 'watch'
  readonly label: string
}

/** Everything one figure shows, over one axis of time. Versions are named, so that the figure stands alone. */
export type PlotData = {
  readonly title: string
  readonly description: string
  readonly fromMs: number
  readonly toMs: number
  readonly canary: string
  readonly baseline: string | null
  readonly bins: readonly Bin[]
  readonly gaps: readonly Gap[]
  readonly marks: readonly Mark[]
  readonly errorRateLimit: number
  readonly p95LimitMs: number
}

type Frame = Omit<PlotData, 'bins' | 'gaps' | 'fromMs' | 'toMs' | 'marks' | 'description'> & {
  readonly marks: readonly Mark[]
  readonly fromMs: number
  readonly toMs: number
}

/** The figure of one stretch of time; null when nothing was sampled in it. */
export function plotData(samples: readonly ReportSample[], frame: Frame): PlotData | null {
  const inside = samples.filter((s) => s.atMs > frame.fromMs && s.atMs <= frame.toMs)
  const bins = binSamples(inside)
  const first = bins[0]
  const last = bins.at(-1)
  if (!first || !last) return null
  const fromMs = Math.min(first.fromMs, frame.toMs)
  const toMs = Math.max(last.toMs, ...frame.marks.map((m) => m.atMs).filter((at) => at <= frame.toMs))
  const marks = frame.marks.filter((m) => m.atMs >= fromMs && m.atMs <= toMs)
  return { ...frame, fromMs, toMs, marks, bins, gaps: gapsOf(inside), description: describe(inside, frame) }
}

/** What the figure shows, in words, for those who do not see it. */
function describe(samples: readonly ReportSample[], frame: Frame): string {
  const count = (arm: 'canary' | 'baseline', key: 'requests' | 'errors') =>
    samples.reduce((sum, s) => sum + (s[arm]?.[key] ?? 0), 0)
  const arms = [
    `${frame.canary}: ${count('canary', 'requests')} requests, ${count('canary', 'errors')} failed`,
  ]
  if (frame.baseline)
    arms.push(
      `${frame.baseline}: ${count('baseline', 'requests')} requests, ${count('baseline', 'errors')} failed`,
    )
  const marks = frame.marks.map((m) => `${m.label} at ${new Date(m.atMs).toISOString().slice(11, 19)}Z`)
  return `${samples.length} intervals. ${arms.join('. ')}. ${marks.join('; ')}`
}
