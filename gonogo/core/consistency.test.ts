import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checklistSchema } from './checklist.ts'
import { checkChecklist, checkService, type Finding } from './consistency.ts'
import { checkRelease } from './consistency-release.ts'
import { releaseSchema } from './release.ts'
import { serviceSchema } from './service.ts'

const file = new URL('../../checklists/clawdbot-production.yaml', import.meta.url)
const document = () => parse(readFileSync(file, 'utf8'))
const checklist = checklistSchema.parse(document())

const person = (name: string, ...roles: string[]) => ({ name, contact: `${name}@example.com`, roles })
const people = {
  ann: person('Ann', 'deployment-lead'),
  bo: person('Bo', 'sre-on-call'),
  cy: person('Cy', 'security-lead'),
  di: person('Di', 'engineering-lead'),
  ed: person('Ed', 'engineering-manager'),
}
const serviceWith = (change: object) =>
  serviceSchema.parse({
    gonogo: 1,
    service: 'x',
    checklist: 'c.yaml',
    environments: { production: { target: { kind: 'processes' } } },
    people,
    ...change,
  })
const releaseWith = (change: object) =>
  releaseSchema.parse({
    release: 1,
    version: 'v1.2.3',
    commit: 'a'.repeat(40),
    type: 'feature',
    risk: 'low',
    strategy: 'canary',
    window: {
      start: '2026-03-01T10:00:00+01:00',
      end: '2026-03-01T14:00:00+01:00',
      timeZone: 'Europe/Berlin',
    },
    components: ['gateway'],
    artifact: 'x',
    digest: `sha256:${'0'.repeat(64)}`,
    ...change,
  })
const before = Date.parse('2026-03-01T12:59:59Z')
const named = (findings: readonly Finding[]) => findings.map(({ code, path }) => `${code} ${path.join('/')}`)
const ofService = (change: object) => named(checkService(serviceWith(change), checklist))
const ofRelease = (change: object, now: number | null = before, service = {}) =>
  named(checkRelease(releaseWith(change), serviceWith(service), now))

test('the checklist, a whole service and its release hold together', () => {
  expect(checkChecklist(checklist)).toEqual([])
  expect(ofService({})).toEqual([])
  expect(ofRelease({})).toEqual([])
})

test('an id that stands twice and a blank filled from nowhere are found in a checklist', () => {
  const changed = document()
  changed.phases[0].sections[1].items[0].id = '1.1.1'
  expect(named(checkChecklist(checklistSchema.parse(changed)))).toEqual([
    'id-twice phases/0/sections/1/items/0/id',
    'item-unknown phases/0/sections/1/blanks/0/from',
    'item-unknown phases/0/sections/1/blanks/1/from',
  ])
})

test('an unknown item id under checks is found, with the nearest one', () => {
  const [finding] = checkService(serviceWith({ checks: { '1.3.66': {} } }), checklist)
  expect(finding).toMatchObject({ path: ['checks', '1.3.66'], code: 'item-unknown' })
  expect(finding?.message).toBe('the checklist has no item 1.3.66; did you mean 1.3.6?')
})

test('a person in two voting roles is found, and so is a voting role that nobody holds', () => {
  expect(ofService({ people: { ...people, cy: person('Cy', 'security-lead', 'engineering-lead') } })).toEqual(
    ['two-voting-roles people/cy/roles'],
  )
  const { di: _, ...without } = people
  expect(ofService({ people: without })).toEqual(['role-unheld people'])
  expect(ofService({ people: { ...people, di: { ...people.di, bot: true } } })).toEqual([
    'role-unheld people',
  ])
})

test('a role whose vote a gate of the checklist asks for is missed as well', () => {
  const { ed: _, ...without } = people
  expect(ofService({ people: without })).toEqual(['role-unheld people'])
  expect(named(checkService(serviceWith({ people: without }), null))).toEqual([])
})

test('two people with one key are found, whatever the comment behind the key', () => {
  const shared = {
    ann: { ...people.ann, keys: ['ssh-ed25519 AAAA ann'] },
    cy: { ...people.cy, keys: ['ssh-ed25519 AAAA cy'] },
  }
  expect(ofService({ people: { ...people, ...shared } })).toEqual(['key-shared people/cy/keys/0'])
})

test('a freeze that ends before it begins and an unknown staging environment are found', () => {
  const freeze = { name: 'year end', start: '2026-12-20T00:00:00Z', end: '2026-12-20T00:00:00+01:00' }
  expect(ofService({ freezes: [freeze], staging: 'stagin' })).toEqual([
    'environment-unknown staging',
    'freeze-backwards freezes/0/end',
  ])
})

test('a window that ended is found to the millisecond, and only when a moment is given', () => {
  const end = Date.parse('2026-03-01T13:00:00Z')
  expect(ofRelease({}, end - 1)).toEqual([])
  expect(ofRelease({}, end)).toEqual(['window-ended window/end'])
  expect(ofRelease({}, null)).toEqual([])
})

test('a window that ends before it begins is found, zones considered', () => {
  const window = { start: '2026-03-01T10:00:00Z', end: '2026-03-01T10:30:00+01:00', timeZone: 'UTC' }
  expect(ofRelease({ window })).toEqual(['window-backwards window/end'])
})

test('an author outside the roster is found', () => {
  expect(ofRelease({ authors: ['bo', 'zed'] })).toEqual(['author-unknown authors/1'])
})

test('an author who alone could vote in a role is found; with a backup the vote is the backup’s', () => {
  expect(ofRelease({ authors: ['bo', 'di'] })).toEqual(['author-votes authors/1'])
  const backup = { people: { ...people, bo: { ...people.bo, backupFor: ['engineering-lead'] } } }
  expect(ofRelease({ authors: ['di'] }, before, backup)).toEqual([])
  expect(ofRelease({ authors: ['bo', 'di'] }, before, backup)).toEqual(['author-votes authors/0'])
})
