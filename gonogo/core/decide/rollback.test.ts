import { describe, expect, it } from 'vitest'
import { decide } from './index.ts'
import { release, SmallDeployment } from './small-deployment.ts'
import { judged, play, voted, type World } from './test-play.ts'

describe('decide, on the way back', () => {
  it('rolls back when the analysis says so, traffic before everything else', () => {
    const d = voted()
    const world: World = { verdict: () => 'rollback' }
    const done = play(d, world)
    expect(done.slice(0, 3)).toEqual(['deploy:1.1.0', 'weights:0', 'revert:1.0.0'])
    expect(d.state.closed?.status).toBe('rolled-back')
    expect(d.state.rollback?.completed?.event.restored).toBe('yes')
  })

  it('does not wait for a notification to go back', () => {
    const d = voted()
    const done = play(
      d,
      { verdict: () => 'rollback', effect: (key) => ({ ok: !key.startsWith('notify') }) },
      60,
    )
    expect(done).toContain('report:incident')
    expect(d.state.rollback?.completed).not.toBeNull()
  })

  it('undoes a migration last, and only one that the old version cannot live with', () => {
    const change = { flags: { migrations: true }, backwardCompatible: false } as const
    const broken = voted({ release: release('1.1.0', change) })
    expect(play(broken, { verdict: () => 'rollback' })).toEqual(
      expect.arrayContaining(['revert:1.0.0', 'migrate:down']),
    )
    const compatible = voted({ release: release('1.1.0', { flags: { migrations: true } }) })
    expect(play(compatible, { verdict: () => 'rollback' })).not.toContain('migrate:down')
  })

  it.each([
    [true, ['revert:1.0.0', 'migrate:up', 'migrate:down']],
    [false, ['revert:1.0.0', 'migrate:up']],
  ])(
    'aborted while it migrates (which then ends well: %s), it goes back first and undoes what was done',
    (ok, expected) => {
      const d = voted({
        release: release('1.1.0', { flags: { migrations: true }, backwardCompatible: false }),
      })
      for (let turn = 0; turn < 100 && !d.state.effects['migrate:up']; turn++) {
        const [command] = decide(d.state, d.now)
        if (command?.kind === 'effect') d.add({ type: 'effectIntended', ...command })
        else play(d, {}, 1)
      }
      d.decided('ada', 'abort')
      const done = play(d, { effect: (key) => ({ ok: ok || key !== 'migrate:up' }) })
      expect(done.filter((key) => /^(revert|migrate)/.test(key))).toEqual(expected)
      expect(d.state.closed?.status).toBe('rolled-back')
    },
  )

  it('counts what failed, so that another attempt is a call of its own', () => {
    const d = voted({ release: release('1.1.0', { flags: { migrations: true }, backwardCompatible: false }) })
    let downs = 0
    play(d, {
      verdict: () => 'rollback',
      effect: (key) => ({ ok: key !== 'migrate:down' || ++downs === 3 }),
    })
    expect(d.state.effects['migrate:down']).toMatchObject({ attempts: 3, failures: 2, settled: { ok: true } })
  })

  it('tries again at once what failed before the clock was set back', () => {
    const d = voted()
    const world: World = {
      verdict: () => 'rollback',
      effect: (key) => ({ ok: !key.startsWith('revert') }),
    }
    for (let turn = 0; turn < 100 && !d.state.effects['revert:1.0.0']?.settled; turn++) play(d, world, 1)
    const again = expect.objectContaining({ kind: 'effect', key: 'revert:1.0.0', attempt: 2 })
    expect(decide(d.state, d.now)).not.toContainEqual(again)
    d.now -= 3_600_000
    expect(decide(d.state, d.now)).toContainEqual(again)
  })

  it('rolls back when the new version cannot be deployed', () => {
    const d = voted()
    play(d, {
      effect: (key) => (key.startsWith('deploy') ? { ok: false, code: 'crash-loop' } : { ok: true }),
    })
    expect(d.state.rollback?.decided.event.criterion).toBe('crash-loop')
    expect(d.state.closed?.status).toBe('rolled-back')
  })

  it('rolls back when a startup item fails twice, not once', () => {
    const once = voted()
    let looks = 0
    play(once, { check: (item) => (item === '3.3.1' && ++looks === 1 ? 'fail' : 'pass') })
    expect(once.state.rollback).toBeNull()
    const twice = voted()
    play(twice, { check: (item) => (item === '3.3.1' ? 'fail' : 'pass') })
    expect(twice.state.rollback?.decided.event.criterion).toBe('item 3.3.1')
  })

  it('closes without a rollback when it is aborted before production changed', () => {
    const d = new SmallDeployment()
    d.decided('ada', 'abort')
    play(d)
    expect(d.state.closed?.status).toBe('not-started')
  })

  it('rolls back for a person from every stage of execution', () => {
    for (let turns = 1; turns < 12; turns++) {
      const d = voted()
      play(d, {}, turns)
      if (Object.keys(d.state.effects).length === 0) continue
      d.decided('ada', 'rollback')
      play(d)
      expect(d.state.closed?.status).toBe('rolled-back')
    }
  })

  it('rolls back for a person after the watch, as long as the old version is there', () => {
    const d = voted()
    for (let i = 0; i < 500 && d.state.stage !== 'cleanup'; i++) play(d, {}, 1)
    expect([d.state.stage, d.state.effects.cleanup]).toEqual(['cleanup', undefined])
    d.decided('ada', 'rollback')
    play(d)
    expect(d.state.closed?.status).toBe('rolled-back')
  })

  it('rolls back at the last moment of the watch', () => {
    const d = voted()
    for (let i = 0; i < 100 && d.state.stage !== 'watch'; i++) play(d, {}, 1)
    expect(d.state.stage).toBe('watch')
    d.add(judged(d, 'rollback'))
    play(d)
    expect(d.state.closed?.status).toBe('rolled-back')
  })

  it('takes the new version away when there is nothing to go back to', () => {
    const d = voted({ stable: null })
    const done = play(d, { check: (item) => (item === '3.3.1' ? 'fail' : 'pass') })
    expect(done).toContain('revert:none')
    expect(d.state.opened.strategy).toBe('recreate')
  })
})
