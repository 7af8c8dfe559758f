import { describe, expect, test } from 'vitest'
import { goalsOf } from './goals.ts'
import type { Kept, Result } from './result.ts'
import { goalLines } from './table.ts'

const SCENARIOS = [
  { id: 'errors', title: 'errors', isHealthy: false },
  { id: 'half', title: 'half', isHealthy: false },
  { id: 'healthy', title: 'healthy', isHealthy: true },
]

const run = (contender: string, scenario: string, more: Partial<Result> = {}): Result => ({
  kind: 'run',
  contender,
  setting: 'documented',
  scenario,
  namespace: 'bench',
  outcome: scenario === 'healthy' ? 'promoted' : 'rolled back',
  isRight: true,
  reason: '',
  decidedAfterMs: 5000,
  zeroAfterMs: 100,
  sent: 1000,
  answered: 1000,
  failed: 0,
  slow: 0,
  ofIncident: 0,
  why: {},
  firstCanaryAtMs: 0,
  lastCanaryAtMs: 0,
  ...more,
})

const stateOf = (results: readonly Kept[], name: RegExp) =>
  goalsOf(results, SCENARIOS).find((goal) => name.test(goal.name))?.state

test('a scenario without results is not measured, and the last line does not call it missed', () => {
  const goals = goalsOf([run('gonogo', 'errors')], SCENARIOS)
  const states = goals.map(({ state }) => state)
  expect(states.filter((state) => state === 'met')).toHaveLength(1)
  expect(states.filter((state) => state === 'not measured')).toHaveLength(goals.length - 1)
  expect(goalLines(goals).split('\n').at(-1)).toBe(
    `goals missed: none; not measured: ${goals.length - 1} of ${goals.length}`,
  )
})

test('one wrong outcome of five misses the goal, and the last line names it', () => {
  const results = [1, 2, 3, 4, 5].map((n) => run('gonogo', 'healthy', { isRight: n !== 3 }))
  expect(stateOf(results, /outcome: healthy/)).toBe('missed')
  expect(goalLines(goalsOf(results, SCENARIOS)).split('\n').at(-1)).toMatch(
    /^goals missed: right outcome: healthy; not measured: \d+ of \d+$/,
  )
})

test('ten times fewer goes by the median of the runs, failed and slow together', () => {
  const ours = [0, 0, 1, 9, 9].map((failed) => run('gonogo', 'errors', { failed, slow: failed }))
  const argo = (more: Partial<Result>) =>
    Array.from({ length: 5 }, () => run('Argo Rollouts', 'errors', more))
  expect(stateOf([...ours, ...argo({ failed: 15, slow: 5 })], /fewer.*errors/)).toBe('met')
  expect(stateOf([...ours, ...argo({ failed: 19 })], /fewer.*errors/)).toBe('missed')
  // A rival that harmed nobody sets no goal.
  expect(stateOf([...ours, ...argo({})], /fewer.*errors/)).toBe('met')
})

test('a median of fewer runs than five meets nothing, and may miss', () => {
  const ours = run('gonogo', 'errors', { failed: 1 })
  expect(stateOf([ours, run('Argo Rollouts', 'errors', { failed: 10 })], /fewer.*errors/)).toBe(
    'not measured',
  )
  expect(stateOf([ours, run('Argo Rollouts', 'errors', { failed: 9 })], /fewer.*errors/)).toBe('missed')
})

test('a bad version that was promoted harms without end, whoever promoted it', () => {
  const five = (contender: string, more: Partial<Result>) =>
    Array.from({ length: 5 }, () => run(contender, 'errors', { failed: 100, ...more }))
  const promoted = { outcome: 'promoted', isRight: false } as const
  expect(stateOf([...five('gonogo', {}), ...five('Argo Rollouts', promoted)], /fewer.*errors/)).toBe('met')
  expect(stateOf([...five('gonogo', promoted), ...five('Argo Rollouts', {})], /fewer.*errors/)).toBe('missed')
})

describe('a rival that is quicker must pay with a wrong rollback', () => {
  const ours = ['errors', 'half', 'healthy'].map((scenario) => run('gonogo', scenario))
  const fastest = (contender: string, scenario: string, more: Partial<Result> = {}) =>
    run(contender, scenario, { setting: 'fastest', ...more })
  const slow = { decidedAfterMs: 9000 }
  const flagger = ['errors', 'half'].map((scenario) => fastest('Flagger', scenario, slow))
  const quick = fastest('Argo Rollouts', 'errors', { decidedAfterMs: 1000 })
  const right = fastest('Argo Rollouts', 'healthy')
  const wrong = fastest('Argo Rollouts', 'healthy', { outcome: 'rolled back', isRight: false })
  const stateWith = (...argo: readonly Result[]) => stateOf([...ours, ...flagger, ...argo], /quicker/)

  test('one that pays meets it, one that pays nowhere misses it', () => {
    expect(stateWith(quick, wrong)).toBe('met')
    expect(stateWith(quick, right)).toBe('missed')
  })

  test('one that is quicker nowhere meets it only where it was measured everywhere', () => {
    const late = ['errors', 'half'].map((scenario) => fastest('Argo Rollouts', scenario, slow))
    expect(stateWith(...late)).toBe('met')
    expect(stateWith(...late.slice(1))).toBe('not measured')
    expect(stateWith(right)).toBe('not measured')
  })

  test('healthy scenarios that are left, or a rival without a run, leave it open', () => {
    expect(stateWith(quick)).toBe('not measured')
    expect(stateOf([...ours, quick, wrong], /quicker/)).toBe('not measured')
    const more = [...SCENARIOS, { id: 'silence', title: 'silence', isHealthy: true }]
    const goal = goalsOf([...ours, ...flagger, quick, right], more).find(({ name }) => /quicker/.test(name))
    expect(goal?.state).toBe('not measured')
  })
})

test('traffic must be at zero within one and a half of the floor', () => {
  const floor: Kept = { kind: 'floor', machine: 'quiet', zeroAfterMs: [90, 100, 400] }
  expect(stateOf([floor, run('gonogo', 'half', { zeroAfterMs: 150 })], /floor/)).toBe('met')
  expect(stateOf([floor, run('gonogo', 'half', { zeroAfterMs: 151 })], /floor/)).toBe('missed')
})
