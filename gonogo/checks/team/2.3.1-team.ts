import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass, unknown } from '#checks/check.ts'
import { ROLES, type Role } from '#core/roles.ts'
import type { Person } from '#core/service.ts'

const TEAM = [
  'deployment-lead',
  'engineering-lead',
  'security-lead',
  'sre-on-call',
] as const satisfies readonly Role[]

const config = z.strictObject({})

type Config = z.infer<typeof config>
type Named = readonly [id: string, person: Person]
type Seat = {
  readonly role: (typeof TEAM)[number]
  readonly holders: readonly Named[]
  readonly backups: readonly Named[]
}

export const check = defineCheck<Config>({
  id: '2.3.1',
  title: 'Deployment team assembled',
  config,
  bound: () => true,
  async run(ctx) {
    const people = Object.entries(ctx.service.people).filter(([, person]) => !person.bot)
    const seats = TEAM.map((role) => ({
      role,
      holders: people.filter(([, person]) => person.roles.includes(role)),
      backups: people.filter(([, person]) => person.backupFor.includes(role)),
    }))
    return judge(ctx, seats)
  },
})

function judge(ctx: CheckContext, seats: readonly Seat[]): CheckResult {
  const confirmed = new Set(ctx.timeline.confirmed)
  const holders = seats.flatMap((seat) => seat.holders)
  const waiting = [...new Set(holders.filter(([id]) => !confirmed.has(id)).map(([, person]) => person.name))]
  const rest = {
    claim: seats.map(({ role, holders, backups }) => ({
      role,
      holders: idsOf(holders),
      backups: idsOf(backups),
    })),
    source: 'people in the service file; signed confirmations in this deployment’s log',
    population: `${holders.length - waiting.length} of ${holders.length} confirmed`,
    blanks: blanksOf(seats, waiting.length === 0),
  }
  const problems = [...seats.flatMap(emptySeat), ...twoSeats(seats), ...sameHuman(seats)]
  if (problems.length > 0) return fail(problems.join('; '), rest)
  if (waiting.length > 0)
    return unknown(
      `not confirmed by ${waiting.join(', ')}; each signs for themselves: gonogo confirm --as YOU`,
      rest,
    )
  const names = seats.map(({ role, holders: [first] }) => `${ROLES[role]} ${first?.[1].name}`)
  return pass(`${names.join(', ')}; each confirmed, each with a backup`, rest)
}

function emptySeat({ role, holders, backups }: Seat): string[] {
  if (holders.length === 0) return [`nobody is the ${ROLES[role]}`]
  const others = backups.filter(([id]) => !holders.some(([holder]) => holder === id))
  return others.length === 0 ? [`the ${ROLES[role]} has no backup`] : []
}

/** A backup who holds another seat would sit in two as soon as they are needed; one who does not must be among them. */
function twoSeats(seats: readonly Seat[]): string[] {
  const rolesOf = (id: string) =>
    seats.filter((seat) => idsOf(seat.holders).includes(id)).map((seat) => ROLES[seat.role])
  const holders = new Map(seats.flatMap((seat) => seat.holders))
  const both = [...holders].filter(([id]) => rolesOf(id).length > 1)
  const needed = seats.filter(({ backups }) => backups.length > 0 && backups.every(([id]) => holders.has(id)))
  return [
    ...both.map(([id, person]) => `${person.name} is ${rolesOf(id).join(' and ')}`),
    ...needed.map(
      ({ role, backups }) => `the backup of the ${ROLES[role]}, ${namesOf(backups)}, holds another role`,
    ),
  ]
}

/** Two entries with one contact or one key are one human under two names. */
function sameHuman(seats: readonly Seat[]): string[] {
  const holders = [...new Map(seats.flatMap((seat) => seat.holders))]
  return holders.flatMap(([id, person], i) =>
    holders
      .slice(i + 1)
      .filter(([, other]) => isSame(person, other))
      .map(([otherId]) => `${id} and ${otherId} are one person by their name, contact or key`),
  )
}

const isSame = (a: Person, b: Person): boolean =>
  a.name.toLowerCase() === b.name.toLowerCase() ||
  a.contact.toLowerCase() === b.contact.toLowerCase() ||
  a.keys.some((key) => b.keys.includes(key)) ||
  a.emails.some((email) => b.emails.includes(email))

const idsOf = (people: readonly Named[]): string[] => people.map(([id]) => id).sort()
const namesOf = (people: readonly Named[]): string => people.map(([, person]) => person.name).join(', ')

function blanksOf(seats: readonly Seat[], isConfirmed: boolean): Record<string, string> {
  const key = (role: Role) => (role === 'security-lead' ? 'security-engineer' : role)
  return {
    ...Object.fromEntries(
      seats.filter((s) => s.holders.length > 0).map((s) => [key(s.role), namesOf(s.holders)]),
    ),
    'team-available': isConfirmed ? 'yes' : 'no',
    'backup-personnel': seats.every((s) => s.backups.length > 0) ? 'yes' : 'no',
  }
}
