import type { ProvedBy, Stage } from '#core/checklist.ts'
import type { Effect } from '#core/events.ts'
import type { DrilledDeployment } from './drilled-deployment.ts'
import type { LogDrill } from './log-drill.ts'
import { play } from './play.ts'

/** An item that effects prove: good when all of them went well, and not when one was refused. */
const byEffect = (
  by: ProvedBy,
  story: (d: DrilledDeployment, fails: (effect: Effect, key: string) => boolean) => Promise<unknown>,
  faults: readonly [
    name: string,
    expect: 'fail' | 'unknown',
    fails: (effect: Effect, key: string) => boolean,
  ][],
): LogDrill => ({
  by,
  ground: (d) => story(d, () => false),
  faults: faults.map(([name, expect, fails]) => ({ name, expect, plant: (d) => story(d, fails) })),
})

const from = (stage: Stage) => (d: DrilledDeployment, fails: (effect: Effect, key: string) => boolean) => {
  d.enter(stage)
  return play(d, { fails }, 60_000)
}

async function rolledBack(d: DrilledDeployment, fails: (effect: Effect, key: string) => boolean) {
  d.enter('shift')
  await play(d, {}, 30_000)
  await d.say('sre-on-call', 'rollback')
  await play(d, { fails }, 60_000)
}

export const EFFECT_DRILLS: readonly LogDrill[] = [
  byEffect('deploy', from('startup'), [
    ['the new version does not start', 'fail', (effect) => effect.kind === 'deploy'],
  ]),
  byEffect('notified', from('documentation'), [
    ['one audience that is not reached', 'fail', (_effect, key) => key.endsWith(':support')],
  ]),
  byEffect('report', from('documentation'), [
    ['a report that cannot be written', 'unknown', (effect) => effect.kind === 'report'],
  ]),
  {
    by: 'rollbackDecided',
    ground: (d) => rolledBack(d, () => false),
    faults: [
      {
        name: 'a rollback signed by another than it names',
        expect: 'unknown',
        plant: async (d) => {
          d.enter('shift')
          await play(d, {}, 30_000)
          const common = { gonogo: 1, deployment: d.state.id, person: 'sre-on-call', at: d.now } as const
          const statement = { ...common, kind: 'decision', action: 'rollback', reason: 'the drill' } as const
          await d.smuggle('decided', statement, 'author')
          await play(d, {}, 60_000)
        },
      },
    ],
  },
  byEffect('rollbackSent', rolledBack, [
    ['one audience that is not told of the rollback', 'fail', (_effect, key) => key.endsWith(':support')],
  ]),
  byEffect('reverted', rolledBack, [
    ['a way back that is refused', 'fail', (effect) => effect.kind === 'revert'],
  ]),
  byEffect('incident', rolledBack, [
    ['an incident report that cannot be written', 'unknown', (effect) => effect.kind === 'report'],
  ]),
]
