import { z } from 'zod'
import { type CheckContext, defineCheck, fail, pass } from '#checks/check.ts'
import { ROLES, type Role } from '#core/roles.ts'
import { contactProblem } from './contact.ts'

const PATH = [
  'deployment-lead',
  'engineering-manager',
  'ciso',
  'vp-engineering',
  'sre-on-call',
  'database-admin',
] as const satisfies readonly Role[]

const EXTERNAL = {
  cloudProviderSupport: 'Cloud Provider Support',
  securityVendor: 'Security Vendor',
  incidentHotline: 'Incident Response Hotline',
} as const

type Contact = { readonly seat: string; readonly name: string; readonly contact: string }

export const check = defineCheck({
  id: '2.3.5',
  title: 'Escalation path defined',
  config: z.strictObject({}),
  bound: () => true,
  async run(ctx) {
    const seats = [
      ...PATH.map((role) => inRoster(ctx, role)),
      ...Object.keys(EXTERNAL).map((key) => external(ctx, key)),
    ]
    const contacts = seats.flatMap((seat) => seat.contacts)
    const problems = seats.flatMap(({ seat, contacts }) =>
      contacts.length === 0 ? [`${seat}: nobody is named`] : contacts.flatMap(problemOf),
    )
    const rest = {
      claim: { contacts: contacts.map(({ seat, name, contact }) => ({ seat, name, contact })), problems },
      source: 'people and contacts in the service file',
      population: `${seats.length - new Set(problems.map((p) => p.split(':')[0])).size} of ${seats.length} contacts`,
    }
    if (problems.length > 0) return fail(problems.join('; '), rest)
    return pass(
      `${seats.length} of ${seats.length} are named, each with a contact of a shape that works`,
      rest,
    )
  },
})

/** Every holder: the first one who can be reached is not the one on duty. */
function inRoster(ctx: CheckContext, role: Role): { seat: string; contacts: Contact[] } {
  const seat = ROLES[role]
  const holders = Object.values(ctx.service.people).filter(
    (person) => person.roles.includes(role) && !person.bot,
  )
  return { seat, contacts: holders.map(({ name, contact }) => ({ seat, name, contact })) }
}

function external(ctx: CheckContext, key: string): { seat: string; contacts: Contact[] } {
  const seat = EXTERNAL[key as keyof typeof EXTERNAL]
  const contact = ctx.service.contacts[key as keyof typeof EXTERNAL]
  return { seat, contacts: contact ? [{ seat, ...contact }] : [] }
}

function problemOf({ seat, name, contact }: Contact): string[] {
  const isUnnamed = /^\W*(tbd|tba|todo|n\/?a|none|unknown|nobody|name|xxx+|\?+)?\W*$/i.test(name)
  const problem = contactProblem(contact)
  return [
    ...(isUnnamed ? [`${seat}: “${name}” is no name`] : []),
    ...(problem ? [`${seat}: the contact of ${name} ${problem}`] : []),
  ]
}
