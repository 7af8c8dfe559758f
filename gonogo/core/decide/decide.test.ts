import { describe, expect, it } from 'vitest'
import { release, SmallDeployment } from './small-deployment.ts'
import { finish, play, voted } from './test-play.ts'

describe('decide, to success', () => {
  it('changes nothing before the three leads have voted', () => {
    const d = new SmallDeployment().attested('1.1.2', 'cy', 'security-lead')
    expect(play(d)).toEqual([])
    d.voted('planning', 'ada', 'deployment-lead')
    expect(play(d)).toEqual([])
    d.voted('execution', 'ada', 'deployment-lead').voted('execution', 'cy', 'security-lead')
    expect(play(d)).toEqual([])
  })

  it('takes a canary to success, each effect once and in order', () => {
    const d = voted()
    expect(finish(d)).toEqual([
      'deploy:1.1.0',
      'weights:0',
      'weights:1',
      'promote:1.1.0',
      'notify:completed:engineering',
      'report:report',
      'cleanup',
    ])
    expect(d.state.closed?.status).toBe('success')
  })

  it('asks in the first hour who keeps the watch, and stays open where nobody answers', () => {
    const d = voted()
    play(d, { isWatched: false })
    d.voted('watch', 'bo', 'sre-on-call')
    play(d, { isWatched: false })
    const since = d.state.watch?.at ?? 0
    expect(d.state.prompts.map(({ at }) => at - since)).toEqual([0])
    expect(d.state.closed).toBeNull()
  })

  it.each([
    ['blue-green', ['deploy:1.1.0', 'weights:0', 'promote:1.1.0']],
    [
      'rolling',
      ['deploy:1.1.0', 'weights:0', 'shrink:0', 'grow:1', 'weights:1', 'shrink:1', 'promote:1.1.0'],
    ],
    ['recreate', ['stop:stable', 'deploy:1.1.0', 'weights:0', 'promote:1.1.0']],
  ] as const)('takes %s to success', (strategy, effects) => {
    const d = voted({ strategy })
    expect(finish(d).slice(0, effects.length)).toEqual(effects)
    expect(d.state.closed?.status).toBe('success')
  })

  it('starts the pods of each step before it, where a version’s share is that of its pods', () => {
    const d = voted({ byPods: true })
    expect(finish(d).slice(0, 4)).toEqual(['deploy:1.1.0', 'weights:0', 'grow:1', 'weights:1'])
    expect(d.state.effects['deploy:1.1.0']?.effect).toMatchObject({ replicas: 1 })
    expect(d.state.effects['weights:0']?.effect).toMatchObject({
      weights: { '1.1.0': expect.closeTo(33.3, 1), '1.0.0': expect.closeTo(66.7, 1) },
      byPods: true,
    })
    expect(d.state.effects['grow:1']?.effect).toMatchObject({ version: '1.1.0', replicas: 2 })
    expect(d.state.opened.plan.notes.join()).toContain('each pod gets as many requests as any other')
    expect(d.state.closed?.status).toBe('success')
  })

  it('moves traffic before it takes the place of the next pod, where versions share their pods’ places', () => {
    const d = voted({ strategy: 'rolling', inPlace: ['store (store.yaml)'] })
    expect(finish(d).slice(0, 6)).toEqual([
      'deploy:1.1.0',
      'weights:0',
      'shrink:0',
      'weights:1',
      'grow:1',
      'shrink:1',
    ])
    expect(d.state.opened.plan.notes.join()).toContain(
      'store (store.yaml) is a StatefulSet: updated in place, pod by pod, while 1 of 2 serve',
    )
    expect(d.state.closed?.status).toBe('success')
  })

  it('migrates before it deploys', () => {
    const d = voted({ release: release('1.1.0', { flags: { migrations: true } }) })
    expect(finish(d).slice(0, 2)).toEqual(['migrate:up', 'deploy:1.1.0'])
  })

  it('enters the watch’s end no sooner than the log says', () => {
    const d = voted()
    play(d)
    expect(d.state.stage).toBe('cleanup')
    expect(d.state.stageEnteredAt.documentation).toBeGreaterThanOrEqual(
      d.state.watch?.event.endsAtMs ?? Number.NaN,
    )
  })
})
