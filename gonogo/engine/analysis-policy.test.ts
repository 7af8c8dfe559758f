import { expect, test } from 'vitest'
import { serviceSchema } from '#core/service.ts'
import { analysisPolicyOf } from './analysis-policy.ts'

const serviceWith = (rollback: object) =>
  serviceSchema.parse({
    gonogo: 1,
    service: 'small',
    checklist: 'x.yaml',
    environments: { production: { target: { kind: 'processes' } } },
    people: {},
    policy: { rollback },
  }).policy
const steps = [
  { weight: 5, waitMs: 60_000 },
  { weight: 100, waitMs: 30_000 },
]

test('what must be ruled out follows the risk of the release where the service file names it', () => {
  const policy = serviceWith({ ruleOut: { high: [{ weight: 5, ratio: 1.5 }] } })
  expect(analysisPolicyOf(policy, steps, 'high').ruleOut).toEqual([{ weight: 0.05, ratio: 1.5 }])
  expect(analysisPolicyOf(policy, steps, 'low').ruleOut).toEqual([
    { weight: 0.05, ratio: 5 },
    { weight: 0.5, ratio: 2 },
  ])
})

test('a harm budget knows the steps that it is spent on; without one a person decides', () => {
  expect(analysisPolicyOf(serviceWith({}), steps, 'low').harmBudget).toBeNull()
  expect(
    analysisPolicyOf(serviceWith({ harmBudget: { maxFailedRequests: 3 } }), steps, 'low').harmBudget,
  ).toEqual({
    maxFailedRequests: 3,
    steps: [
      { weight: 0.05, waitMs: 60_000 },
      { weight: 1, waitMs: 30_000 },
    ],
  })
})

test('early proceeding is refused where thresholds are read literally', () => {
  expect(() => serviceWith({ mode: 'literal', earlyProceed: true })).toThrow('needs mode: sequential')
})
