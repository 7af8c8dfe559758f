import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WeightedChoice } from './weighted-choice.ts'

function counts(choice: WeightedChoice, requests: number): Record<string, number> {
  const seen: Record<string, number> = {}
  for (let n = 0; n < requests; n++) {
    const version = choice.next() ?? 'nobody'
    seen[version] = (seen[version] ?? 0) + 1
  }
  return seen
}

const BLOCK = 20

test('between two versions the share is never a whole request off at the end of a block', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 25 }), (weight, blocks) => {
      const choice = new WeightedChoice()
      choice.set({ stable: 100 - weight, canary: weight })
      const exact = (blocks * BLOCK * weight) / 100
      expect(Math.abs((counts(choice, blocks * BLOCK).canary ?? 0) - exact)).toBeLessThan(1)
    }),
  )
})

test('over a cycle of blocks every version has exactly its share', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }), (weights) => {
      const byVersion = Object.fromEntries(weights.map((weight, index) => [`v${index}`, weight]))
      const choice = new WeightedChoice()
      choice.set(byVersion)
      const cycle = weights.reduce((a, b) => a + b, 0)
      const positive = Object.entries(byVersion).filter(([, weight]) => weight > 0)
      const expected = Object.fromEntries(positive.map(([version, weight]) => [version, weight * BLOCK]))
      expect(counts(choice, cycle * BLOCK)).toEqual(expected)
    }),
  )
})

test('traffic that repeats itself with the block does not show the canary one caller only', () => {
  const choice = new WeightedChoice()
  choice.set({ stable: 95, canary: 5 })
  const callers = new Set<number>()
  for (let n = 0; n < 200 * BLOCK; n++) if (choice.next() === 'canary') callers.add(n % BLOCK)
  // With 200 draws of 20 callers, fewer than half of them are seen less than once in 10^40 runs.
  expect(callers.size).toBeGreaterThan(BLOCK / 2)
})

test('a version at 0 gets nothing from the next request on', () => {
  const choice = new WeightedChoice()
  choice.set({ stable: 1, canary: 99 })
  choice.next()
  choice.set({ stable: 100, canary: 0 })
  expect(counts(choice, 50)).toEqual({ stable: 50 })
})

test('without weights there is no version', () => {
  expect(new WeightedChoice().next()).toBeNull()
})
