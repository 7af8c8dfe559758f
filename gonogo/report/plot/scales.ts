import { type ScaleContinuousNumeric, scaleLinear, scaleLog, scaleUtc } from 'd3-scale'
import { thousands } from '../wording.ts'
import type { PlotData } from './plot-data.ts'

type YScale = ScaleContinuousNumeric<number, number>
export type PanelName = 'weight' | 'errors' | 'p95' | 'evidence' | 'ruledOut' | 'requests'
/** Where "not even 100 times worse is ruled out" stands in its panel. */
export const MORE_THAN_ALL = 200
export type Y = {
  readonly scale: YScale
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
}

const present = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((v): v is number => typeof v === 'number' && Number.isFinite(v))

/** Scale and ticks of one panel, `height` px high with its 0 at the bottom. */
export function yOf(name: PanelName, data: PlotData, height: number): Y {
  const arms = data.bins.flatMap((b) => [b.canary, b.baseline])
  if (name === 'weight') return linear(100, height, [0, 50, 100], '%')
  if (name === 'errors')
    return fitted(Math.max(1, ...present(arms.map((a) => a && (a.errors / a.requests) * 100))), height, '%')
  if (name === 'requests') return fitted(Math.max(1, ...present(arms.map((a) => a?.perSecond))), height, '/s')
  if (name === 'p95')
    return latency(present(arms.flatMap((a) => [...(a?.p95Ms ?? [])])), data.p95LimitMs, height)
  if (name === 'ruledOut') return logarithmic([1, MORE_THAN_ALL], [1, 10, 100], height, '×')
  const top = Math.max(
    10,
    ...present(data.bins.map((b) => b.line)),
    ...present(data.bins.map((b) => b.evidence)),
  )
  return logarithmic(
    [1, top * 1.5],
    [1, 10, 100, 1000, 10_000, 100_000].filter((t) => t <= top),
    height,
    '×',
  )
}

const linear = (top: number, height: number, ticks: readonly number[], unit: string): Y => ({
  scale: scaleLinear([0, top], [height, 0]).clamp(true),
  ticks: ticks.map((at) => ({ at, text: `${at} ${unit}` })),
})

function fitted(top: number, height: number, unit: string): Y {
  const scale = scaleLinear([0, top * 1.05], [height, 0])
    .nice(2)
    .clamp(true)
  return { scale, ticks: scale.ticks(2).map((at) => ({ at, text: `${at} ${unit}` })) }
}

/** Latencies span decades, so their axis is logarithmic; a bucket at 0 begins at the axis. */
function latency(bounds: readonly number[], limit: number, height: number): Y {
  const above = bounds.filter((ms) => ms > 0)
  const low = Math.min(100, ...above)
  const high = Math.max(limit, ...above)
  const ticks = [1, 10, 100, 1000, 10_000].filter((ms) => ms >= low && ms <= high)
  return logarithmic([low, high * 1.15], ticks, height, 'ms')
}

const logarithmic = (
  domain: readonly [number, number],
  ticks: readonly number[],
  height: number,
  unit: string,
): Y => ({
  scale: scaleLog(domain, [height, 0]).clamp(true),
  ticks: ticks.map((at) => ({ at, text: `${thousands(at)} ${unit}` })),
})

const SECOND_MS = 1000
const DAY_MS = 86_400_000

/** The shared axis of time, and as many ticks as have room. Words are UTC, cut from the ISO text. */
export function timeOf(data: PlotData, width: number) {
  const scale = scaleUtc([data.fromMs, data.toMs], [0, width]).clamp(true)
  const ticks = scale.ticks(Math.max(2, Math.floor(width / 110))).map((date) => date.getTime())
  const step = (ticks[1] ?? DAY_MS) - (ticks[0] ?? 0)
  const text = (at: number) => new Date(at).toISOString().slice(11, step < 60 * SECOND_MS ? 19 : 16)
  return { x: (at: number) => round(scale(at)), ticks: ticks.map((at) => ({ at, text: text(at) })) }
}

/** A tenth of a pixel is enough, and keeps the file small. */
export const round = (n: number): number => Math.round(n * 10) / 10
