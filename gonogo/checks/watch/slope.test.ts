import { expect, test } from 'vitest'
import { upperSlope } from './slope.ts'

const line = (slope: number, noise: (i: number) => number, n = 24) =>
  Array.from({ length: n }, (_, x) => ({ x, y: 5 + slope * x + noise(x) }))

test('points on a line have exactly its slope', () => {
  expect(upperSlope(line(2, () => 0))).toBeCloseTo(2, 10)
})

test('noise puts the bound above the slope, more so with fewer points', () => {
  const noise = (i: number) => (i % 2 ? 1 : -1)
  const [many, few] = [upperSlope(line(0, noise)), upperSlope(line(0, noise, 6))]
  expect(many).toBeGreaterThan(0)
  expect(few).toBeGreaterThan(many)
})

test('two points bound nothing', () => {
  expect(upperSlope(line(1, () => 0, 2))).toBeNaN()
})
