import { expect, it } from 'vitest'
import { placeMarks } from './marks.ts'

it('puts labels that would overlap into lanes, and drops the words, never the line, of what finds no room', () => {
  const marks = [0, 1, 2, 3].map((atMs) => ({ atMs, kind: 'step' as const, label: 'at 25 %' }))
  const placed = placeMarks(marks, (atMs) => atMs, 300)
  expect(placed.map((m) => m.lane)).toEqual([0, 1, 2, 2])
  expect(placed.map((m) => m.text)).toEqual(['at 25 %', 'at 25 %', 'at 25 %', null])
})

it('keeps a label at the right edge inside the plot', () => {
  const [mark] = placeMarks([{ atMs: 295, kind: 'rollback', label: 'rollback' }], (atMs) => atMs, 300)
  expect(mark?.textX).toBeLessThan(295)
})
