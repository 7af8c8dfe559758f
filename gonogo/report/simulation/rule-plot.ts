import { type ScaleContinuousNumeric, scaleLog } from 'd3-scale'
import { line, symbol, symbolsFill } from 'd3-shape'
import { type Markup, markup } from '../html/markup.ts'
import { round } from '../plot/scales.ts'

/** One rule's value at each fault, in the order of the faults; Infinity: it never came to that. */
export type RuleSeries = { readonly rule: string; readonly values: readonly number[] }

export type RulePlot = {
  readonly id: string
  readonly title: string
  readonly description: string
  /** Error rates of the new version, 0…1, ascending. */
  readonly faults: readonly number[]
  readonly series: readonly RuleSeries[]
  /** Values worth a line across, with their words. */
  readonly ticks: readonly (readonly [value: number, text: string])[]
}

const WIDTH = 880
const LEFT = 52
const RIGHT = 352
const HEIGHT = 250
const TOP = 26
/** Keeps the first and the last mark off the scale's words. */
const INSET = 14
/** The row above the scale in which "never" stands. */
const NEVER = 12
const LABEL_HEIGHT = 14

/** A value against the size of the fault, both on logarithmic scales; each rule with a shape, a dash and its name. */
export function rulePlot(plot: RulePlot): Markup {
  const width = WIDTH - LEFT - RIGHT
  const x = scaleLog([plot.faults[0] ?? 0.001, plot.faults.at(-1) ?? 1], [INSET, width - INSET])
  const known = plot.series.flatMap((s) => s.values.filter((v) => Number.isFinite(v) && v > 0))
  const y = scaleLog([Math.min(1, ...known), Math.max(10, ...known) * 1.3], [HEIGHT, NEVER + 22]).clamp(true)
  const at = (value: number) =>
    Number.isFinite(value) ? round(y(Math.max(value, y.domain()[0] ?? 1))) : NEVER
  const drawn = plot.series.map((one, i) => ({ ...one, kind: kindOf(i), labelY: at(one.values.at(-1) ?? 0) }))
  return markup`<figure><figcaption>${plot.title}</figcaption><svg class="plot" viewBox="0 0 ${WIDTH} ${TOP + HEIGHT + 40}" role="img" aria-labelledby="${plot.id}-t ${plot.id}-d">
<title id="${plot.id}-t">${plot.title}</title><desc id="${plot.id}-d">${plot.description}</desc>
<g transform="translate(${LEFT},${TOP})">${grid(y, plot.ticks, width)}${axis(x, plot.faults, width)}
${drawn.map((one) =>
  seriesOf(
    one.kind,
    one.values.map((value, i) => ({ x: round(x(plot.faults[i] ?? 1)), y: at(value) })),
  ),
)}
${spread(drawn).map(({ kind, rule, y: labelY }) => markup`<g transform="translate(${width + 14},${labelY})">${mark(kind, 6, 0)}<text class="tick${kind === 0 ? ' own' : ''}" x="18" y="3.5">${rule}</text></g>`)}
</g></svg></figure>`
}

const DASHES = ['', '6 3', '2 2', '8 3 2 3', '1 3', '10 4', '4 2 1 2']
const kindOf = (i: number): number => i % DASHES.length

function seriesOf(kind: number, points: readonly { x: number; y: number }[]): Markup {
  const draw = line<{ x: number; y: number }>(
    (p) => p.x,
    (p) => p.y,
  )
  const tone = kind === 0 ? 'canary' : 'rival'
  return markup`<path class="line ${tone}" stroke-dasharray="${DASHES[kind]}" d="${draw(points)}"/>${points.map((p) => mark(kind, p.x, p.y))}`
}

function mark(kind: number, x: number, y: number): Markup {
  const shape = symbolsFill[kind % symbolsFill.length]
  const path = shape ? symbol(shape, kind === 0 ? 44 : 34)() : null
  return markup`<path class="dot ${kind === 0 ? 'canary' : 'rival'}" transform="translate(${x},${y})" d="${path}"/>`
}

function grid(y: ScaleContinuousNumeric<number, number>, ticks: RulePlot['ticks'], width: number): Markup {
  const [low = 1, high = 10] = y.domain()
  const known = ticks.filter(([value]) => value >= low && value <= high)
  const rows = [
    ...known.map(([value, text]) => ({ at: round(y(value)), text })),
    { at: NEVER, text: 'never' },
  ]
  return markup`${rows.map(({ at, text }) => markup`<line class="grid" x1="0" x2="${width}" y1="${at}" y2="${at}"/><text class="tick" x="-8" y="${at + 3.5}" text-anchor="end">${text}</text>`)}`
}

function axis(x: ScaleContinuousNumeric<number, number>, faults: readonly number[], width: number): Markup {
  return markup`<line class="axis" x1="0" x2="${width}" y1="${HEIGHT}" y2="${HEIGHT}"/>
${faults.map((fault) => markup`<line class="axis" x1="${round(x(fault))}" x2="${round(x(fault))}" y1="${HEIGHT}" y2="${HEIGHT + 4}"/><text class="tick" x="${round(x(fault))}" y="${HEIGHT + 16}" text-anchor="middle">${Number((fault * 100).toPrecision(3))} %</text>`)}
<text class="tick" x="${width / 2}" y="${HEIGHT + 32}" text-anchor="middle">of the new version’s requests fail</text>`
}

/** Labels at the end of their lines, moved apart where they would lie on each other. */
function spread<T extends { readonly labelY: number }>(labels: readonly T[]): (T & { y: number })[] {
  const placed: (T & { y: number })[] = []
  for (const label of [...labels].sort((a, b) => a.labelY - b.labelY))
    placed.push({ ...label, y: Math.max(label.labelY, (placed.at(-1)?.y ?? -LABEL_HEIGHT) + LABEL_HEIGHT) })
  let highest = HEIGHT
  for (const label of placed.toReversed()) {
    label.y = Math.min(label.y, highest)
    highest = label.y - LABEL_HEIGHT
  }
  return placed
}
