import type { Decision } from '#core/statement.ts'
import { type DrilledDeployment, ID } from './drilled-deployment.ts'
import type { LogDrill } from './log-drill.ts'
import { play } from './play.ts'

/** Half an hour of the watch; `answer` is what is done at each prompt. */
async function watch(d: DrilledDeployment, answer: (d: DrilledDeployment) => Promise<unknown>) {
  d.write({ type: 'watchStarted', firstHourEndsAtMs: d.now + 40 * 60_000, endsAtMs: d.now + 50 * 60_000 })
  d.enter('firstHour')
  await d.say('sre-on-call', 'watch')
  for (let quarter = 0; quarter < 3; quarter++) {
    await play(d, {}, 5000)
    await answer(d)
    d.now += 15 * 60_000
  }
  d.enter('watch')
}

const claimedBy = (d: DrilledDeployment): Decision => ({
  gonogo: 1,
  kind: 'decision',
  deployment: ID,
  person: 'sre-on-call',
  at: d.now,
  action: 'present',
  reason: 'the drill',
  prompt: d.state.prompts.at(-1)?.seq ?? 0,
})

export const WATCH_DRILL: LogDrill = {
  by: 'watchHeld',
  ground: (d) => watch(d, () => d.say('sre-on-call', 'present')),
  faults: [
    {
      name: 'presence claimed for someone else',
      expect: 'unknown',
      plant: (d) => watch(d, () => d.smuggle('decided', claimedBy(d), 'deployment-lead')),
    },
    {
      name: 'somebody present who does not have the watch',
      expect: 'fail',
      plant: (d) =>
        watch(d, () =>
          d.smuggle('decided', { ...claimedBy(d), person: 'deployment-lead' }, 'deployment-lead'),
        ),
    },
    { name: 'a prompt that nobody answers', expect: 'fail', plant: (d) => watch(d, async () => {}) },
    {
      name: 'an answer that comes too late',
      expect: 'fail',
      plant: (d) =>
        watch(d, () => {
          const statement = claimedBy(d)
          d.now += 6 * 60_000
          return d.smuggle('decided', { ...statement, at: d.now }, 'sre-on-call')
        }),
    },
    {
      name: 'a watch that a bot keeps',
      expect: 'fail',
      plant: (d) =>
        watch(d, async () => {
          await d.smuggle('decided', { ...claimedBy(d), person: 'bot', action: 'watch' }, 'bot')
          await d.smuggle('decided', { ...claimedBy(d), person: 'bot' }, 'bot')
        }),
    },
  ],
}
