import type { Recorded } from '#core/events.ts'
import { type Mark, type PlotData, plotData } from '../plot/plot-data.ts'
import type { ReportInput } from '../report-input.ts'

/** One figure of the shift and one of the watch: on one axis a day would squeeze the shift into a line. */
export function plotsOf(input: ReportInput): { shift: PlotData | null; watch: PlotData | null } {
  const { state, samples } = input
  const watchAt = state.watch?.at ?? Number.POSITIVE_INFINITY
  const { release, stable, policy } = state.opened
  const common = {
    canary: release.version,
    baseline: stable?.version ?? null,
    errorRateLimit: policy.rollback.errorRate,
    p95LimitMs: policy.rollback.p95Ms,
    marks: input.events.flatMap(markOf),
  }
  const title = `${state.opened.service} ${release.version}`
  return {
    shift: plotData(samples, {
      ...common,
      title: `${title}: traffic shift`,
      fromMs: Number.NEGATIVE_INFINITY,
      toMs: watchAt,
    }),
    watch: plotData(samples, {
      ...common,
      title: `${title}: watch`,
      fromMs: watchAt,
      toMs: Number.POSITIVE_INFINITY,
    }),
  }
}

function markOf({ at: atMs, event }: Recorded): Mark[] {
  if (event.type === 'stepStarted') return [{ atMs, kind: 'step', label: `▸ ${Math.round(event.weight)} %` }]
  // A step that proceeds is seen by the next one's start; only the last has none after it.
  if (event.type === 'stepDecided' && event.weight === 100 && event.decision === 'proceed')
    return [{ atMs, kind: 'proceed', label: '✓ proceed' }]
  if (event.type === 'held' || event.type === 'driftSeen') return [{ atMs, kind: 'hold', label: 'held' }]
  if (event.type === 'watchStarted') return [{ atMs, kind: 'watch', label: 'watch' }]
  if (event.type === 'rollbackDecided') return [{ atMs, kind: 'rollback', label: '◂ rollback' }]
  return []
}
