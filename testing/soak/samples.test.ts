import { expect, test } from 'vitest'
import { numberIn, type Sample, slopeOf } from '../../bench/soak/samples.ts'

const EVERY_MS = 10_000

/** Half an hour of samples: what a process holds besides a noise that comes and goes. */
const samples = (heapAt: (minute: number) => number): Sample[] =>
  Array.from({ length: 180 }, (_, n) => ({
    ...{ atMs: 5_000_000 + n * EVERY_MS, rss: 100, handles: 30, descendants: 0, external: 2 },
    heap: heapAt((n * EVERY_MS) / 60_000) + Math.sin(n * 2.4),
  }))

test('a leak shows as what it takes in an hour', () => {
  const slope = slopeOf(
    samples((minute) => 30 + minute / 6),
    'heap',
  )
  expect(slope?.perHour).toBeCloseTo(10, 0)
  expect(slope?.error).toBeLessThan(2)
})

test('warming up is no leak, and neither is noise', () => {
  const slope = slopeOf(
    samples((minute) => 30 + Math.min(minute, 9)),
    'heap',
  )
  expect(Math.abs(slope?.perHour ?? Number.NaN)).toBeLessThan(slope?.error ?? 0)
  expect(
    slopeOf(
      samples(() => 30),
      'handles',
    ),
  ).toEqual({ perHour: 0, error: 0 })
})

test('too few samples have no slope', () => {
  expect(slopeOf(samples(() => 30).slice(0, 4), 'heap')).toBeNull()
})

test('a metric that is not told is no zero', () => {
  expect(numberIn('# HELP x\nheap_bytes 12.5\n', 'heap_bytes')).toBe(12.5)
  for (const text of ['', 'heap_bytes\n', 'heap_bytes NaN\n', 'other_heap_bytes 1\n'])
    expect(() => numberIn(text, 'heap_bytes')).toThrow('tells no heap_bytes')
})
