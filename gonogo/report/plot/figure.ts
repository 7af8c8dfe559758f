import { type Markup, markup } from '../html/markup.ts'
import { shape, type ToX } from './lines.ts'
import { placeMarks } from './marks.ts'
import { panel } from './panels.ts'
import type { PlotData } from './plot-data.ts'
import { type PanelName, timeOf } from './scales.ts'

type FigureSize = {
  readonly id: string
  readonly width: number
  readonly panelHeight: number
  readonly panels: readonly PanelName[]
}

const LEFT = 52
const RIGHT = 10
const BETWEEN = 30
const LANE = 13
const LEGEND_ROW = 16

/** Small multiples over one axis of time as one SVG, with a title and a description for those who do not see it. */
export function figure(data: PlotData, size: FigureSize): Markup {
  const width = size.width - LEFT - RIGHT
  const time = timeOf(data, width)
  const marks = placeMarks(data.marks, time.x, width)
  const lanes = Math.max(0, ...marks.map((m) => m.lane + 1))
  const legend = legendOf(data, width)
  const lanesTop = 22 + (legend.at(-1)?.row ?? 0) * LEGEND_ROW
  const top = lanesTop + lanes * LANE + 18
  const panels = size.panels.map((name, i) => ({ name, top: top + i * (size.panelHeight + BETWEEN) }))
  const bottom = top + panels.length * (size.panelHeight + BETWEEN) - BETWEEN
  const hatch = `${size.id}-hatch`
  return markup`<svg class="plot" viewBox="0 0 ${size.width} ${bottom + 24}" role="img" aria-labelledby="${size.id}-t ${size.id}-d">
<title id="${size.id}-t">${data.title}</title><desc id="${size.id}-d">${data.description}</desc>
<defs><pattern id="${hatch}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="1.6" height="5"/></pattern></defs>
<g transform="translate(${LEFT},0)">${legend.map((e) => legendEntry(e, hatch))}
${marks.map((m) => markup`<line class="mark ${m.kind}" x1="${m.x}" x2="${m.x}" y1="${lanesTop + m.lane * LANE}" y2="${bottom}"/>${m.text && markup`<text class="mark-label ${m.kind}" x="${m.textX}" y="${lanesTop + 9 + m.lane * LANE}">${m.text}</text>`}`)}
${panels.map((p) => panel(p.name, data, { top: p.top, height: size.panelHeight, width, x: time.x }, hatch))}
${axis(time, width, bottom)}</g></svg>`
}

function axis(
  time: { x: ToX; ticks: readonly { at: number; text: string }[] },
  width: number,
  y: number,
): Markup {
  const shown = time.ticks.filter((t) => time.x(t.at) > 12 && time.x(t.at) < width - 42)
  return markup`<line class="axis" x1="0" x2="${width}" y1="${y}" y2="${y}"/>
${shown.map((t) => markup`<line class="axis" x1="${time.x(t.at)}" x2="${time.x(t.at)}" y1="${y}" y2="${y + 4}"/><text class="tick" x="${time.x(t.at)}" y="${y + 16}" text-anchor="middle">${t.text}</text>`)}
<text class="tick" x="${width}" y="${y + 16}" text-anchor="end">UTC</text>`
}

type Entry = { readonly kind: string; readonly text: string; readonly x: number; readonly row: number }

/** What each dash and shape means. Widths are counted in letters, since nothing is measured here; a full row wraps. */
function legendOf(data: PlotData, width: number): Entry[] {
  const wanted = [
    { kind: 'canary', text: `${data.canary} (new)` },
    ...(data.baseline ? [{ kind: 'baseline', text: `${data.baseline} (before)` }] : []),
    ...(data.gaps.length > 0 ? [{ kind: 'gap', text: 'not measured' }] : []),
  ]
  const placed: Entry[] = []
  for (const { kind, text } of wanted) {
    const last = placed.at(-1)
    const x = last ? last.x + lengthOf(last.text) : 0
    const fits = x + lengthOf(text) <= width + RIGHT
    placed.push({ kind, text, x: fits ? x : 0, row: (last?.row ?? 0) + (fits || !last ? 0 : 1) })
  }
  return placed
}

const lengthOf = (text: string): number => 34 + text.length * 6.1

const legendEntry = (e: Entry, hatch: string): Markup =>
  markup`<g transform="translate(${e.x},${10 + e.row * LEGEND_ROW})">${swatch(e.kind, hatch)}<text class="tick" x="26" y="3.5">${e.text}</text></g>`

function swatch(kind: string, hatch: string): Markup {
  if (kind === 'gap')
    return markup`<rect class="gap" x="0" y="-5" width="20" height="10" fill="url(#${hatch})"/>`
  return markup`<line class="line ${kind}" x1="0" x2="20" y1="0" y2="0"/>${shape(kind, 10, 0)}`
}
