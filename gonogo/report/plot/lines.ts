import { area, curveStepAfter, line } from 'd3-shape'
import { type Markup, markup } from '../html/markup.ts'
import type { Bin } from './bins.ts'
import { round } from './scales.ts'

type Point = { readonly x: number; readonly x2: number; readonly y: number }
type BandPoint = Point & { readonly y2: number }
export type ToX = (atMs: number) => number

/** Columns that follow one another and all have a value; where one is missing, a new run begins and nothing joins them. */
export function runsOf<T>(bins: readonly Bin[], value: (bin: Bin) => T | null): { bin: Bin; value: T }[][] {
  const runs: { bin: Bin; value: T }[][] = []
  let previous: Bin | null = null
  for (const bin of bins) {
    const found = value(bin)
    if (found === null) {
      previous = null
      continue
    }
    const run = previous && bin.follows ? runs.at(-1) : undefined
    if (run) run.push({ bin, value: found })
    else runs.push([{ bin, value: found }])
    previous = bin
  }
  return runs
}

type Value = (bin: Bin) => number | null

const pointsOf = (bins: readonly Bin[], x: ToX, y: (v: number) => number, value: Value) =>
  runsOf(bins, value).map((run) =>
    run.map(({ bin, value: v }) => ({ x: x((bin.fromMs + bin.toMs) / 2), y: round(y(v)) })),
  )

/** A bare line, solid or dashed by its class. */
export function trace(
  bins: readonly Bin[],
  kind: string,
  x: ToX,
  y: (v: number) => number,
  value: Value,
): Markup {
  const draw = line<{ x: number; y: number }>(
    (p) => p.x,
    (p) => p.y,
  )
  return markup`${pointsOf(bins, x, y, value).map((run) => run.length > 1 && markup`<path class="line ${kind}" d="${draw(run)}"/>`)}`
}

/** One version's line, with its own shape at about every tenth point. */
export function series(
  bins: readonly Bin[],
  kind: string,
  x: ToX,
  y: (v: number) => number,
  value: Value,
): Markup {
  const every = Math.max(1, Math.ceil(bins.length / 12))
  const dots = pointsOf(bins, x, y, value).flatMap((run) =>
    run.filter((_, i) => run.length === 1 || i % every === Math.floor(every / 2)),
  )
  return markup`${trace(bins, kind, x, y, value)}${dots.map((p) => shape(kind, p.x, p.y))}`
}

/** A circle for the new version, a square for the one before, a small cross for what was observed. */
export function shape(kind: string, x: number, y: number): Markup {
  if (kind === 'canary') return markup`<circle class="dot canary" cx="${x}" cy="${y}" r="2.4"/>`
  if (kind === 'baseline')
    return markup`<rect class="dot baseline" x="${round(x - 2.1)}" y="${round(y - 2.1)}" width="4.2" height="4.2"/>`
  return markup`<path class="dot ${kind}" d="M${round(x - 2.4)},${y}h4.8M${x},${round(y - 2.4)}v4.8"/>`
}

/** A value that holds for its whole column: drawn as steps. */
export function steps(
  bins: readonly Bin[],
  kind: string,
  x: ToX,
  y: (v: number) => number,
  value: (bin: Bin) => number | null,
): Markup {
  const draw = line<Point>(
    (p) => p.x,
    (p) => p.y,
  ).curve(curveStepAfter)
  const paths = runsOf(bins, value).map((run) =>
    draw(closed(run.map(({ bin, value: v }) => pointOf(bin, x, round(y(v)))))),
  )
  return markup`${paths.map((d) => markup`<path class="line ${kind}" d="${d}"/>`)}`
}

/** The bucket that holds the percentile, from its lower to its upper bound; its upper bound is the line. */
export function buckets(
  bins: readonly Bin[],
  kind: 'canary' | 'baseline',
  x: ToX,
  y: (v: number) => number,
  top: number,
): Markup {
  const runs = runsOf(bins, (bin) => bin[kind]?.p95Ms ?? null).map((run) =>
    closed(
      run.map(({ bin, value: [over, upTo] }) => ({
        ...pointOf(bin, x, round(y(upTo ?? top))),
        y2: round(y(Math.max(over, 0.001))),
      })),
    ),
  )
  const band = area<BandPoint>(
    (p) => p.x,
    (p) => p.y2,
    (p) => p.y,
  ).curve(curveStepAfter)
  const edge = line<BandPoint>(
    (p) => p.x,
    (p) => p.y,
  ).curve(curveStepAfter)
  const marks = runs.map((run) =>
    run
      .filter((_, i) => i % Math.ceil(bins.length / 8) === 0)
      .map((p) => shape(kind, round((p.x + p.x2) / 2), p.y)),
  )
  return markup`${runs.map((run) => markup`<path class="band ${kind}" d="${band(run)}"/><path class="line ${kind}" d="${edge(run)}"/>`)}${marks}`
}

const pointOf = (bin: Bin, x: ToX, y: number): Point => ({ x: x(bin.fromMs), x2: x(bin.toMs), y })

/** A run ends where its last column ends. */
function closed<P extends Point>(points: readonly P[]): P[] {
  const last = points.at(-1)
  return last ? [...points, { ...last, x: last.x2 }] : []
}
