import type { ToX } from './lines.ts'
import type { Mark } from './plot-data.ts'

type PlacedMark = {
  readonly kind: Mark['kind']
  readonly x: number
  /** Left edge of the label; labels near the right edge end at their line. */
  readonly textX: number
  readonly text: string | null
  readonly lane: number
}

const LANES = 3
const LETTER_PX = 6
const SPACE_PX = 8

/** Puts each label into the first lane where it overlaps none; what finds no room keeps its line, and stands in the timeline. */
export function placeMarks(marks: readonly Mark[], x: ToX, width: number): PlacedMark[] {
  const taken: { lane: number; from: number; to: number }[] = []
  return [...marks]
    .sort((a, b) => a.atMs - b.atMs)
    .map((mark) => {
      const at = x(mark.atMs)
      const length = mark.label.length * LETTER_PX
      const textX = Math.max(0, at + 3 + length > width ? at - 3 - length : at + 3)
      const span = { from: Math.min(at, textX), to: textX + length + SPACE_PX }
      const lane = Array.from({ length: LANES }, (_, i) => i).find(
        (i) => !taken.some((t) => t.lane === i && t.from < span.to && span.from < t.to),
      )
      if (lane === undefined) return { kind: mark.kind, x: at, textX, text: null, lane: LANES - 1 }
      taken.push({ lane, ...span })
      return { kind: mark.kind, x: at, textX, text: mark.label, lane }
    })
}
