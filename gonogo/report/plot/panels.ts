import { type Markup, markup } from '../html/markup.ts'
import { TRIGGER_WORDS } from '../report-input.ts'
import type { Bin } from './bins.ts'
import { buckets, series, steps, type ToX, trace } from './lines.ts'
import type { PlotData } from './plot-data.ts'
import { MORE_THAN_ALL, type PanelName, round, type Y, yOf } from './scales.ts'

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
  ruledOut: () => 'So many times worse is ruled out from here on up, log scale',
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
  if (name === 'ruledOut')
    return markup`${noneKept(bins, (b) => b.notRuledOut, frame)}${steps(bins, 'canary', x, at, (b) => (b.notRuledOut === null ? null : Math.min(b.notRuledOut, MORE_THAN_ALL)))}`
  const line = bins.find((b) => b.line !== null)?.line ?? null
  return markup`${noneKept(bins, (b) => b.evidence, frame)}${line !== null && limit(line, y, width)}${triggers(bins, x, at, width)}${series(bins, 'canary', x, at, (b) => (b.evidence === null ? null : Math.max(1, b.evidence)))}`

  function both(value: (arm: PlotData['bins'][number]['canary']) => number | null): Markup {
    return markup`${series(bins, 'baseline', x, at, (b) => value(b.baseline))}${series(bins, 'canary', x, at, (b) => value(b.canary))}`
  }
}

const noneKept = (
  bins: PlotData['bins'],
  value: (bin: Bin) => number | null,
  frame: PanelFrame,
): Markup | null =>
  bins.every((b) => value(b) === null)
    ? markup`<text class="tick" x="${frame.width / 2}" y="${frame.height / 2}" text-anchor="middle">not kept in this mode</text>`
    : null

const LABEL_HEIGHT = 11

/** Each trigger that ever said something, thinly, with its name at its height on the right. */
function triggers(bins: PlotData['bins'], x: ToX, at: (value: number) => number, width: number): Markup {
  const heard = TRIGGER_WORDS.flatMap((word, i) => {
    const most = Math.max(0, ...bins.map((b) => b.triggers?.[i] ?? 0))
    return most > 1 ? [{ word, i, y: at(most) }] : []
  }).sort((a, b) => a.y - b.y)
  let free = Number.NEGATIVE_INFINITY
  return markup`${heard.map(({ word, i, y }) => {
    free = Math.max(y - 5, free + LABEL_HEIGHT)
    return markup`${trace(bins, 'observed', x, at, (b) => (b.triggers ? Math.max(1, b.triggers[i] ?? 0) : null))}<text class="mark-label" x="${width}" y="${round(free)}" text-anchor="end">${word}</text>`
  })}`
}

/** A limit is drawn where it is within the scale; the panel's title names it in any case. */
function limit(value: number, y: Y, width: number): Markup | null {
  const top = y.scale.domain()[1] ?? 0
  if (value > top) return null
  const at = round(y.scale(value))
  return markup`<line class="limit" x1="0" x2="${width}" y1="${at}" y2="${at}"/>`
}
