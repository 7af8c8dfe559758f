import { expect, test } from 'vitest'
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
  expect(goalLines(goals).split('\n').at(-1)).toBe('goals missed: none')
})

test('one wrong outcome of five misses the goal, and the last line names it', () => {
  const results = [1, 2, 3, 4, 5].map((n) => run('gonogo', 'healthy', { isRight: n !== 3 }))
  expect(stateOf(results, /outcome: healthy/)).toBe('missed')
  expect(goalLines(goalsOf(results, SCENARIOS)).split('\n').at(-1)).toBe(
    'goals missed: right outcome: healthy',
  )
})

test('ten times fewer goes by the median of the runs, failed and slow together', () => {
  const ours = [0, 1, 9].map((failed) => run('gonogo', 'errors', { failed, slow: failed }))
  expect(stateOf([...ours, run('Argo Rollouts', 'errors', { failed: 15, slow: 5 })], /fewer.*errors/)).toBe(
    'met',
  )
  expect(stateOf([...ours, run('Argo Rollouts', 'errors', { failed: 19 })], /fewer.*errors/)).toBe('missed')
})

test('a rival that harmed nobody sets no goal', () => {
  const ours = run('gonogo', 'errors', { failed: 3 })
  expect(stateOf([ours, run('Argo Rollouts', 'errors')], /fewer.*errors/)).toBe('met')
})

test('a rival that is quicker must pay with a wrong rollback', () => {
  const quick = run('Argo Rollouts', 'errors', { setting: 'fastest', decidedAfterMs: 1000 })
  const wrong = run('Argo Rollouts', 'healthy', {
    setting: 'fastest',
    outcome: 'rolled back',
    isRight: false,
  })
  const right = run('Argo Rollouts', 'healthy', { setting: 'fastest' })
  const ours = run('gonogo', 'errors')
  expect(stateOf([ours, quick, wrong], /quicker/)).toBe('met')
  expect(stateOf([ours, quick, right], /quicker/)).toBe('missed')
  expect(stateOf([ours, quick], /quicker/)).toBe('not measured')
  const more = [...SCENARIOS, { id: 'silence', title: 'silence', isHealthy: true }]
  const goal = goalsOf([ours, quick, right], more).find(({ name }) => /quicker/.test(name))
  expect(goal?.state).toBe('not measured')
})

test('traffic must be at zero within one and a half of the floor', () => {
  const floor: Kept = { kind: 'floor', machine: 'quiet', zeroAfterMs: [90, 100, 400] }
  expect(stateOf([floor, run('gonogo', 'half', { zeroAfterMs: 150 })], /floor/)).toBe('met')
  expect(stateOf([floor, run('gonogo', 'half', { zeroAfterMs: 151 })], /floor/)).toBe('missed')
})
