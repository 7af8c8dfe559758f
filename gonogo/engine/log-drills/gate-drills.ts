import type { Role } from '#core/roles.ts'
import type { Vote } from '#core/statement.ts'
import type { DrilledDeployment } from './drilled-deployment.ts'
import type { LogDrill, LogFault } from './log-drill.ts'
import { play } from './play.ts'

const LEADS = ['deployment-lead', 'security-lead', 'engineering-lead'] as const satisfies readonly Role[]

async function voted(d: DrilledDeployment): Promise<void> {
  await d.ready()
  for (const role of LEADS) await d.voteOf(role, role)
}

const voteBy = (d: DrilledDeployment, person: string, role: Role): Vote => {
  const last = d.state.votes.at(-1)?.event.statement
  if (!last) throw new Error('nobody has voted in the drill')
  return { ...last, person, role, at: d.now }
}

/** The third lead's vote is another than it should be. */
const thirdVote = (name: string, cast: (d: DrilledDeployment) => Promise<unknown>): LogFault => ({
  name,
  expect: 'unknown',
  plant: async (d) => {
    await d.ready()
    await d.voteOf('deployment-lead', 'deployment-lead')
    await d.voteOf('security-lead', 'security-lead')
    await cast(d)
    await play(d)
  },
})

const votes: LogDrill = {
  by: 'votes',
  ground: async (d) => {
    await voted(d)
    await play(d, {}, 1)
  },
  faults: [
    {
      name: 'votes from before the last change',
      expect: 'unknown',
      plant: async (d) => {
        await voted(d)
        d.checked('pass', 'something else')
        await play(d)
      },
    },
    {
      name: 'one NO-GO',
      expect: 'fail',
      plant: async (d) => {
        await d.ready()
        await d.voteOf('deployment-lead', 'deployment-lead')
        await d.voteOf('security-lead', 'security-lead', 'NO-GO')
        await d.voteOf('engineering-lead', 'engineering-lead')
        await play(d)
      },
    },
    thirdVote('one person voting twice', (d) =>
      d.smuggle('voted', voteBy(d, 'security-lead', 'engineering-lead'), 'security-lead'),
    ),
    thirdVote('a vote signed by another than it names', (d) =>
      d.smuggle('voted', voteBy(d, 'engineering-lead', 'engineering-lead'), 'security-lead'),
    ),
    thirdVote('a vote of the change’s author', (d) =>
      d.smuggle('voted', voteBy(d, 'author', 'engineering-lead'), 'author'),
    ),
    thirdVote('a vote of a bot', (d) => d.smuggle('voted', voteBy(d, 'bot', 'engineering-lead'), 'bot')),
  ],
}

const prerequisites: LogDrill = {
  by: 'prerequisites',
  ground: (d) => d.ready(),
  faults: [
    {
      name: 'a pass from before the last check-up',
      expect: 'unknown',
      plant: async (d) => {
        await d.ready()
        d.enter('prechecks')
      },
    },
    {
      name: 'an item that fails at the last check-up',
      expect: 'unknown',
      plant: async (d) => {
        await d.ready()
        d.checked('fail', 'broken')
      },
    },
  ],
}

const shift = async (d: DrilledDeployment, world: Parameters<typeof play>[1] = {}) => {
  d.enter('shift')
  await play(d, world)
}

const step: LogDrill = {
  by: 'step',
  ground: (d) => shift(d),
  faults: [
    { name: 'no traffic at this weight', expect: 'unknown', plant: (d) => shift(d, { share: 0 }) },
    {
      name: 'an observed share unlike the configured one',
      expect: 'unknown',
      plant: (d) => shift(d, { share: 0.5 }),
    },
    { name: 'one request in five fails', expect: 'fail', plant: (d) => shift(d, { errors: 0.2 }) },
  ],
}

export const GATE_DRILLS: readonly LogDrill[] = [votes, prerequisites, step]
