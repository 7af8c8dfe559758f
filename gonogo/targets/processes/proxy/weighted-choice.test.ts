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

test('between two versions the share is never a whole request off', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 500 }), (weight, requests) => {
      const choice = new WeightedChoice()
      choice.set({ stable: 100 - weight, canary: weight })
      const exact = (requests * weight) / 100
      expect(Math.abs((counts(choice, requests).canary ?? 0) - exact)).toBeLessThan(1)
    }),
  )
})

test('over a cycle every version has exactly its share', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }), (weights) => {
      const byVersion = Object.fromEntries(weights.map((weight, index) => [`v${index}`, weight]))
      const choice = new WeightedChoice()
      choice.set(byVersion)
      const cycle = weights.reduce((a, b) => a + b, 0)
      const expected = Object.fromEntries(Object.entries(byVersion).filter(([, weight]) => weight > 0))
      expect(counts(choice, cycle)).toEqual(expected)
    }),
  )
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
