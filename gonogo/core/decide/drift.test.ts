import { describe, expect, it } from 'vitest'
import type { Effect } from '../events.ts'
import type { Command } from './command.ts'
import { decide } from './index.ts'
import { finish, play, toFirstStep, voted } from './test-play.ts'

const seen = { type: 'driftSeen', detail: 'HTTPRoute web gives 60 % to web' } as const
const effects = (commands: readonly Command[]): (Effect | undefined)[] =>
  commands.flatMap((command) => (command.kind === 'effect' ? [command.effect] : []))

/** At its first step, whose wait has passed with good evidence. */
function atFirstStep() {
  const d = voted()
  toFirstStep(d)
  d.add(seen)
  return d
}

describe('decide, while somebody else has changed what was declared', () => {
  it('overwrites nothing: not by a weight, a promotion or a cleanup', () => {
    const d = atFirstStep()
    const [, ...others] = play(d)
    expect(d.state.steps[0]?.decision).not.toBeNull()
    expect(others).toEqual([])
    expect(effects(decide(d.state, d.now))).toEqual([])
    d.add({ type: 'driftGone' })
    expect(effects(decide(d.state, d.now))).toEqual([
      { kind: 'weights', weights: { '1.1.0': 100, '1.0.0': 0 } },
    ])
  })

  it('goes on when a person resumes, until something else is changed', () => {
    const d = atFirstStep()
    play(d)
    d.decided('ada', 'resume')
    expect(effects(decide(d.state, d.now))).toHaveLength(1)
    d.add({ ...seen, detail: 'Deployment web is gone' })
    expect(effects(decide(d.state, d.now))).toEqual([])
  })

  it('still tells people and writes the report, and ends nothing of the old version', () => {
    const d = voted()
    toFirstStep(d)
    for (let turn = 0; turn < 100 && !d.state.watch; turn++) play(d, {}, 1)
    d.add(seen)
    const done = finish(d)
    expect(done.some((key) => key === 'report:report')).toBe(true)
    expect(done).not.toContain('cleanup')
    expect(d.state.closed).toBeNull()
    d.decided('ada', 'resume')
    expect(play(d)).toContain('cleanup')
  })

  it('goes back all the same', () => {
    const d = atFirstStep()
    d.decided('ada', 'rollback')
    expect(play(d)).toContain('revert:1.0.0')
    expect(d.state.closed?.status).toBe('rolled-back')
  })

  it('brings what was begun to its end: half of it looks as if somebody had changed it', () => {
    const d = voted()
    toFirstStep(d)
    play(d, { verdict: () => 'hold' }, 1)
    d.add({ type: 'effectIntended', key: 'weights:0', effect: { kind: 'weights', weights: {} }, attempt: 1 })
    d.add(seen)
    expect(decide({ ...d.state, steps: [] }, d.now)).toContainEqual(
      expect.objectContaining({ key: 'weights:0', attempt: 2 }),
    )
  })
})
