import { type DrillFault, defineDrill } from '#checks/drill.ts'
import { drillService } from '#checks/drill-situation.ts'

type Roster = {
  people: Record<string, { name: string; contact: string; roles: string[] }>
  contacts: Record<string, { name: string; contact: string }>
}

const roster = (): Roster => ({
  people: {
    dana: { name: 'Dana', contact: 'dana@drill.internal', roles: ['deployment-lead'] },
    mika: { name: 'Mika', contact: '+49 30 2216 4730', roles: ['engineering-manager', 'database-admin'] },
    cleo: { name: 'Cleo', contact: '#security-incidents', roles: ['ciso'] },
    vera: { name: 'Vera', contact: 'vera@drill.internal', roles: ['vp-engineering'] },
    rune: { name: 'Rune', contact: 'https://chat.drill.internal/rune', roles: ['sre-on-call'] },
  },
  contacts: {
    cloudProviderSupport: { name: 'Cloud desk', contact: 'https://support.cloud.internal/case' },
    securityVendor: { name: 'Vendor desk', contact: 'desk@vendor.internal' },
    incidentHotline: { name: 'Hotline', contact: '+49 30 2216 4799' },
  },
})

async function ground() {
  return { config: {}, context: { service: drillService(roster()) }, ground: null }
}

const inRoster = (name: string, change: (roster: Roster) => void): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: async () => {
    const changed = roster()
    change(changed)
    return { context: { service: drillService(changed) } }
  },
})

const contactOf = (contact: string) => (roster: Roster) => {
  roster.people.dana = { name: 'Dana', contact, roles: ['deployment-lead'] }
}

export const drill = defineDrill<null>({
  item: '2.3.5',
  ground,
  faults: [
    inRoster('a role that nobody holds', (r) => {
      delete r.people.cleo
    }),
    inRoster('an outside contact that is missing', (r) => {
      delete r.contacts.incidentHotline
    }),
    inRoster('a contact still to be found', contactOf('TBD')),
    inRoster('an address that is only for examples', contactOf('dana@example.com')),
    inRoster('a number that is too short', contactOf('12345')),
    inRoster('a number that nobody has', contactOf('+1 212 555-0142')),
    inRoster('a contact that is only a name', contactOf('ask Dana')),
    inRoster('an outside contact without a name', (r) => {
      r.contacts.securityVendor = { name: 'TBD', contact: 'desk@vendor.internal' }
    }),
  ],
})
