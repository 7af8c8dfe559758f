import { describe, expect, it } from 'vitest'
import type { Command } from './command.ts'
import { decide } from './index.ts'
import { judged, obey, play, toFirstStep, voted } from './test-play.ts'

describe('decide, at a step', () => {
  it('extends an undecided step once, then holds and proceeds nowhere', () => {
    const d = voted()
    play(d, { verdict: () => 'unknown' }, 60)
    expect(d.state.steps).toHaveLength(1)
    expect(d.state.steps[0]?.extended).toBe(true)
    expect(d.state.hold).not.toBeNull()
    expect(d.state.steps[0]?.decision).toBeNull()
  })

  it('proceeds before the wait has passed only where the policy allows it and this step has its evidence', () => {
    const early = voted({ rollback: { earlyProceed: true } })
    const patient = voted()
    for (const d of [early, patient]) {
      play(d, { check: (item) => (item === '3.3.1' ? 'unknown' : 'pass') }, 60)
      d.checked('3.3.1')
      while (!d.state.steps[0]) obey(d, decide(d.state, d.now)[0] as Command, {}, [])
      d.add(judged(d, 'hold'))
      expect(decide(d.state, d.now)).toEqual([{ kind: 'wait', untilMs: d.state.steps[0]?.dueAtMs }])
      d.add(judged(d, 'proceed'))
    }
    expect(decide(patient.state, patient.now)).toEqual([
      { kind: 'wait', untilMs: patient.state.steps[0]?.dueAtMs },
    ])
    const [proceeds] = decide(early.state, early.now)
    expect(proceeds).toMatchObject({ event: { type: 'stepDecided', step: 0, decision: 'proceed' } })
    early.add({ ...judged(early, 'proceed'), step: -1 })
    expect(decide(early.state, early.now)[0]).toMatchObject({ kind: 'wait' })
  })

  it('an extension ends when its evidence is there', () => {
    const d = voted()
    toFirstStep(d)
    d.now = d.state.steps[0]?.dueAtMs ?? 0
    d.add(judged(d, 'hold'))
    obey(d, decide(d.state, d.now)[0] as Command, {}, [])
    expect(d.state.steps[0]?.extended).toBe(true)
    d.now++
    d.add(judged(d, 'hold'))
    expect(decide(d.state, d.now)).toEqual([{ kind: 'wait', untilMs: d.state.steps[0]?.dueAtMs }])
    d.add(judged(d, 'proceed'))
    expect(decide(d.state, d.now)[0]).toMatchObject({ event: { type: 'stepDecided', decision: 'proceed' } })
  })

  it('goes on by the harm budget only after the extension, and never early', () => {
    const d = voted({ rollback: { earlyProceed: true } })
    toFirstStep(d)
    const onBudget = () => d.add({ ...judged(d, 'proceed'), isOnBudget: true })
    onBudget()
    expect(decide(d.state, d.now)).toEqual([{ kind: 'wait', untilMs: d.state.steps[0]?.dueAtMs }])
    d.now = d.state.steps[0]?.dueAtMs ?? 0
    onBudget()
    expect(decide(d.state, d.now)[0]).toMatchObject({ event: { type: 'stepExtended' } })
    obey(d, decide(d.state, d.now)[0] as Command, {}, [])
    d.now = d.state.steps[0]?.dueAtMs ?? 0
    onBudget()
    expect(decide(d.state, d.now)[0]).toMatchObject({ event: { type: 'stepDecided', decision: 'proceed' } })
  })

  it('proceeds on nothing that was judged at an earlier step', () => {
    const d = voted()
    toFirstStep(d)
    d.now = d.state.steps[0]?.dueAtMs ?? 0
    d.add({ ...judged(d, 'proceed'), step: -1 })
    const [next] = decide(d.state, d.now)
    expect(next).toMatchObject({ kind: 'wait' })
    d.now += d.state.opened.policy.rollback.interval
    expect(decide(d.state, d.now)).toEqual([{ kind: 'judge' }])
  })

  it('what a person said of one step ends no other, though the clock was set back in between', () => {
    const d = voted()
    toFirstStep(d)
    d.now += 60_000
    d.decided('ada', 'proceed')
    obey(d, decide(d.state, d.now)[0] as Command, {}, [])
    expect(d.state.steps[0]?.decision?.event.by).toBe('ada')
    d.now -= 120_000
    play(d, { verdict: () => 'unknown' }, 3)
    expect(d.state.steps).toHaveLength(2)
    expect(d.state.steps[1]?.decision).toBeNull()
  })

  it('is not ended by whoever is no deployment lead, however that came into the log', () => {
    const d = voted()
    toFirstStep(d)
    d.decided('cy', 'proceed')
    expect(decide(d.state, d.now)[0]).toMatchObject({ kind: 'wait' })
  })

  it('a person who proceeds from a hold ends it', () => {
    const d = voted()
    play(d, { verdict: () => 'unknown' }, 60)
    expect(d.state.hold).not.toBeNull()
    d.decided('ada', 'proceed')
    obey(d, decide(d.state, d.now)[0] as Command, {}, [])
    expect(d.state.steps[0]?.decision?.event.by).toBe('ada')
    expect(d.state.hold).toBeNull()
  })
})
