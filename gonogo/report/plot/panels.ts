import { type Markup, markup } from '../html/markup.ts'
import { buckets, series, steps, type ToX } from './lines.ts'
import type { PlotData } from './plot-data.ts'
import { type PanelName, round, type Y, yOf } from './scales.ts'

type PanelFrame = {
  readonly top: number
  readonly height: number
  readonly width: number
  readonly x: ToX
}

const TITLES: Readonly<Record<PanelName, (data: PlotData) => string>> = {
  weight: () => 'Weight, % · steps: set, +: observed',
  errors: (data) => `Failed requests, % · limit ${data.errorRateLimit} %`,
  p95: (data) => `p95, its histogram bucket · limit ${data.p95LimitMs} ms`,
  evidence: () => 'Evidence for a fault, log scale · line: rolls back',
  requests: () => 'Requests a second',
}

/** One small multiple: title, grid, its lines, and hatching where nothing was measured. */
export function panel(name: PanelName, data: PlotData, frame: PanelFrame, hatch: string): Markup {
  const y = yOf(name, data, frame.height)
  const gaps = data.gaps.map((g) => ({
    x: frame.x(g.fromMs),
    width: Math.max(1.5, round(frame.x(g.toMs) - frame.x(g.fromMs))),
  }))
  return markup`<g transform="translate(0,${frame.top})"><text class="panel-title" x="0" y="-6">${TITLES[name](data)}</text>
${y.ticks.map(({ at, text }) => gridLine(round(y.scale(at)), frame.width, text))}
${gaps.map((g) => markup`<rect class="gap" x="${g.x}" y="0" width="${g.width}" height="${frame.height}" fill="url(#${hatch})"/>`)}
${content(name, data, frame, y)}</g>`
}

const gridLine = (y: number, width: number, text: string): Markup =>
  markup`<line class="grid" x1="0" x2="${width}" y1="${y}" y2="${y}"/><text class="tick" x="-6" y="${round(y + 3.5)}" text-anchor="end">${text}</text>`

function content(name: PanelName, data: PlotData, frame: PanelFrame, y: Y): Markup {
  const { bins } = data
  const { x, width } = frame
  const at = (value: number) => y.scale(value)
  if (name === 'weight') {
    const observed = series(bins, 'observed', x, at, (b) =>
      b.observedShare === null ? null : b.observedShare * 100,
    )
    return markup`${steps(bins, 'canary', x, at, (b) => b.weight)}${observed}`
  }
  if (name === 'errors')
    return markup`${limit(data.errorRateLimit, y, width)}${both((arm) => arm && (arm.errors / arm.requests) * 100)}`
  if (name === 'requests') return both((arm) => arm?.perSecond ?? null)
  if (name === 'p95') {
    const top = y.scale.domain()[1] ?? data.p95LimitMs
    return markup`${limit(data.p95LimitMs, y, width)}${buckets(bins, 'baseline', x, at, top)}${buckets(bins, 'canary', x, at, top)}`
  }
  const line = bins.find((b) => b.line !== null)?.line ?? null
  const none = bins.every((b) => b.evidence === null)
  if (none)
    return markup`<text class="tick" x="${width / 2}" y="${frame.height / 2}" text-anchor="middle">not kept in this mode</text>`
  return markup`${line !== null && limit(line, y, width)}${series(bins, 'canary', x, at, (b) => (b.evidence === null ? null : Math.max(1, b.evidence)))}`

  function both(value: (arm: PlotData['bins'][number]['canary']) => number | null): Markup {
    return markup`${series(bins, 'baseline', x, at, (b) => value(b.baseline))}${series(bins, 'canary', x, at, (b) => value(b.canary))}`
  }
}

/** A limit is drawn where it is within the scale; the panel's title names it in any case. */
function limit(value: number, y: Y, width: number): Markup | null {
  const top = y.scale.domain()[1] ?? 0
  if (value > top) return null
  const at = round(y.scale(value))
  return markup`<line class="limit" x1="0" x2="${width}" y1="${at}" y2="${at}"/>`
}
