import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coarseSteps, stepsByPods } from './pod-shares.ts'

const asked = [5, 25, 50, 100].map((weight) => ({ weight, waitMs: 60_000 }))

test('with two pods a canary is a third, then half of all, and the wait of a step that cannot be made is kept', () => {
  expect(stepsByPods(asked, 2)).toEqual([
    { weight: 100 / 3, waitMs: 120_000, pods: 1 },
    { weight: 50, waitMs: 60_000, pods: 2 },
    { weight: 100, waitMs: 60_000, pods: 2 },
  ])
  expect(coarseSteps(asked, 2)).toBe(
    'no route is declared: each pod gets as many requests as any other, so the steps 5, 25, 50, 100 % are 33.3 % (1 of 3 pods), 50 % (2 of 4 pods), 100 %',
  )
})

test('with one pod a canary is half of all, and with many it is what was asked', () => {
  expect(stepsByPods(asked, 1).map(({ weight, pods }) => [weight, pods])).toEqual([
    [50, 1],
    [100, 1],
  ])
  expect(stepsByPods(asked, 57).map(({ weight, pods }) => [Math.round(weight), pods])).toEqual([
    [5, 3],
    [25, 19],
    [50, 57],
    [100, 57],
  ])
})

test('shares rise, no wait is lost, and the first is never more than asked unless it is of one pod', () => {
  const steps = fc
    .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 5 })
    .map((weights) => [...weights.toSorted((a, b) => a - b), 100].map((weight) => ({ weight, waitMs: 10 })))
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 100 }), (wanted, replicas) => {
      const coarse = stepsByPods(wanted, replicas)
      const weights = coarse.map(({ weight }) => weight)
      expect(weights).toEqual([...new Set(weights)].sort((a, b) => a - b))
      expect(weights.at(-1)).toBe(100)
      expect(coarse.reduce((sum, { waitMs }) => sum + waitMs, 0)).toBe(10 * wanted.length)
      const [first] = coarse
      expect(first?.pods === 1 || (first?.weight ?? 0) <= (wanted[0]?.weight ?? 0)).toBe(true)
      expect(coarse.every(({ pods = 0 }) => pods >= 1 && pods <= replicas)).toBe(true)
    }),
  )
})
