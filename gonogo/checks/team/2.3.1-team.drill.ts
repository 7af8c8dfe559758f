import { type DrillFault, defineDrill } from '#checks/drill.ts'
import { drillService } from '#checks/drill-situation.ts'

type Entry = { name: string; contact: string; roles?: string[]; backupFor?: string[]; bot?: boolean }

const entry = (name: string, more: Partial<Entry>): Entry => ({
  name,
  contact: `${name}@drill.internal`,
  ...more,
})

const roster = (): Record<string, Entry> => ({
  dana: entry('Dana', { roles: ['deployment-lead'] }),
  eli: entry('Eli', { roles: ['engineering-lead'] }),
  sasha: entry('Sasha', { roles: ['security-lead'] }),
  rune: entry('Rune', { roles: ['sre-on-call'] }),
  bea: entry('Bea', { backupFor: ['deployment-lead', 'engineering-lead'] }),
  bo: entry('Bo', { backupFor: ['security-lead', 'sre-on-call'] }),
})

const timeline = (confirmed: readonly string[]) => ({
  openedAtMs: 0,
  candidateDeployedAtMs: null,
  fullTrafficAtMs: null,
  watchStartedAtMs: null,
  watchEndsAtMs: null,
  rolledBack: false,
  confirmed,
})

async function ground() {
  const context = {
    service: drillService({ people: roster() }),
    timeline: timeline(['eli', 'sasha', 'rune', 'dana']),
  }
  return { config: {}, context, ground: null }
}

const inRoster = (name: string, change: (people: Record<string, Entry>) => void): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: async () => {
    const people = roster()
    change(people)
    return { context: { service: drillService({ people }) } }
  },
})

export const drill = defineDrill<null>({
  item: '2.3.1',
  ground,
  faults: [
    inRoster('one person in two roles', (people) => {
      people.eli = entry('Eli', { roles: ['engineering-lead', 'security-lead'] })
      delete people.sasha
    }),
    inRoster('one person in two roles under two ids', (people) => {
      people.sasha = { name: 'Eli Second', contact: 'Eli@drill.internal', roles: ['security-lead'] }
    }),
    inRoster('a role that nobody holds', (people) => {
      delete people.rune
    }),
    inRoster('a role that a bot holds', (people) => {
      people.rune = entry('Rune', { roles: ['sre-on-call'], bot: true })
    }),
    inRoster('a role without a backup', (people) => {
      delete people.bo
    }),
    inRoster('a backup who holds another role', (people) => {
      delete people.bo
      people.dana = entry('Dana', { roles: ['deployment-lead'], backupFor: ['security-lead', 'sre-on-call'] })
    }),
    {
      name: 'one who has not confirmed',
      expect: 'unknown',
      plant: async () => ({ context: { timeline: timeline(['dana', 'eli', 'sasha']) } }),
    },
    {
      name: 'one whose backup has confirmed instead',
      expect: 'unknown',
      plant: async () => ({ context: { timeline: timeline(['dana', 'eli', 'sasha', 'bo']) } }),
    },
  ],
})
