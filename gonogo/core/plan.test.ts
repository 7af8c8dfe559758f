import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checklistSchema, itemsOf } from './checklist.ts'
import { makePlan, planDigest } from './plan.ts'
import type { Plan, PlanInput } from './planned.ts'
import { type Release, releaseSchema } from './release.ts'
import { serviceSchema } from './service.ts'
import { COMPONENT_KINDS, FACTS, FLAGS, RISKS, STRATEGIES } from './when.ts'

const file = new URL('../../checklists/clawdbot-production.yaml', import.meta.url)
const checklist = checklistSchema.parse(parse(readFileSync(file, 'utf8')))
const ids = itemsOf(checklist).map(({ item }) => item.id)
const minimal = {
  gonogo: 1,
  service: 'x',
  checklist: 'c.yaml',
  environments: { production: { target: { kind: 'processes' } } },
  people: {},
}
const service = serviceSchema.parse(minimal)

const releaseWith = (change: Partial<Release>): Release => ({
  ...releaseSchema.parse({
    release: 1,
    version: 'v1.2.3',
    commit: 'a'.repeat(40),
    type: 'feature',
    risk: 'low',
    strategy: 'canary',
    window: { start: '2026-03-01T10:00:00Z', end: '2026-03-01T14:00:00Z', timeZone: 'UTC' },
    components: ['gateway'],
    artifact: 'x',
    digest: `sha256:${'0'.repeat(64)}`,
  }),
  ...change,
})
const stable = releaseWith({ version: 'v1.2.2' })

const plan = (input: Partial<PlanInput> = {}): Plan =>
  makePlan({
    checklist,
    service,
    release: releaseWith({}),
    stable,
    facts: [],
    boundChecks: () => ({ bound: true }),
    ...input,
  })
const itemOf = (made: Plan, id: string) => made.items.find((item) => item.id === id)

test('a first deployment is a recreate, and what compares with a stable version does not apply', () => {
  const first = plan({ stable: null, release: releaseWith({ components: ['mcp-server'] }) })
  expect(first.strategy).toBe('recreate')
  expect(first.strategyReason).toContain('no stable version')
  expect(first.steps).toHaveLength(1)
  for (const id of ['1.1.3', '1.1.7', '1.1.6', '2.4.1', '4.1.4', 'A.3.2']) {
    expect(itemOf(first, id)?.applies, id).toBe('no')
    expect(itemOf(first, id)?.reason, id).toContain('first deployment')
  }
  expect(itemOf(first, '3.3.3.1')?.reason).toBe('only with the strategy canary; here: recreate')
})

test('a derived flag cannot be cleared by hand', () => {
  const made = plan({ release: releaseWith({ flags: { migrations: false } }), facts: ['migrations'] })
  expect(itemOf(made, '1.3.3')).toMatchObject({
    applies: 'yes',
    reason: 'the flag migrations is derived from the change',
  })
  expect(made.notes).toEqual([
    'the flag migrations is derived from the change and stays set: the release file cannot clear it',
  ])
})

test('another schema version is a migration, and a recreate has downtime', () => {
  const made = plan({
    release: releaseWith({ schemaVersion: 4, strategy: 'recreate' }),
    stable: { ...stable, schemaVersion: 3 },
  })
  expect(made.flags).toEqual(['downtime', 'migrations'])
  expect(itemOf(made, 'A.4.1')?.applies).toBe('yes')
})

test('what only the deployment finds out is later, and names the fact', () => {
  expect(itemOf(plan(), '1.1.6')).toMatchObject({ applies: 'later', fact: 'breaking-change' })
  expect(itemOf(plan({ facts: ['breaking-change'] }), '1.1.6')).toMatchObject({ applies: 'yes', fact: null })
  expect(itemOf(plan(), 'R3')).toMatchObject({
    applies: 'later',
    fact: 'rolled-back',
    stage: 'rollback',
    proves: 'reverted',
  })
})

test('an item without a check falls back to the person in its role, except a strict one', () => {
  const made = plan({ boundChecks: () => ({ bound: false, reason: 'nothing answers' }) })
  expect(itemOf(made, '1.3.2')).toMatchObject({
    proof: 'attestation',
    bound: false,
    unboundReason: 'nothing answers',
    role: 'sre-on-call',
  })
  expect(itemOf(made, '3.2.1')).toMatchObject({ proof: 'deployment', proves: 'votes', strict: true })
})

test('a component probe that nobody bound is attested before the last vote, a bound one runs on the candidate', () => {
  expect(itemOf(plan(), 'A.1.1')).toMatchObject({ stage: 'startup', gate: 'execution', proof: 'check' })
  const unbound = plan({ boundChecks: () => ({ bound: false }) })
  expect(itemOf(unbound, 'A.1.1')).toMatchObject({
    stage: 'prechecks',
    gate: 'execution',
    proof: 'attestation',
  })
})

test('a policy with fewer steps than the document leaves the surplus items without a step', () => {
  const steps = [
    { weight: 10, wait: 1000 },
    { weight: 100, wait: 1000 },
  ]
  const made = plan({ service: { ...service, policy: { ...service.policy, steps } } })
  const shift = made.items.filter((item) => item.stage === 'shift').map((item) => item.applies)
  expect(shift).toEqual(['yes', 'no', 'no', 'yes'])
})

test('without a release, what depends on it is later', () => {
  const made = plan({ release: null, stable: undefined })
  expect(itemOf(made, '1.3.7')).toMatchObject({
    applies: 'later',
    reason: 'only for a release with flag dns',
  })
  expect(itemOf(made, '1.3.6')?.applies).toBe('yes')
})

test('the plan of any release holds every item once, in document order, and its counts add up', () => {
  const release = fc.record({
    risk: fc.constantFrom(...RISKS),
    strategy: fc.constantFrom(...STRATEGIES),
    components: fc.subarray([...COMPONENT_KINDS], { minLength: 1 }),
    flags: fc.dictionary(fc.constantFrom(...FLAGS), fc.boolean()),
  })
  const facts = fc.subarray<string>([...FACTS, ...FLAGS])
  fc.assert(
    fc.property(release, facts, fc.boolean(), fc.func(fc.boolean()), (change, given, hasStable, bound) => {
      const made = plan({
        release: releaseWith(change),
        stable: hasStable ? stable : null,
        facts: given,
        boundChecks: (id) => ({ bound: bound(id) }),
      })
      const { counts } = made
      expect(made.items.map((item) => item.id)).toEqual(ids)
      expect(counts.items).toBe(counts.applicable + counts.later + counts.notApplicable)
      expect(counts.applicable + counts.later).toBe(counts.byCheck + counts.byDeployment + counts.byPerson)
      for (const item of made.items) expect(item.reason).not.toBe('')
      expect(planDigest(made)).toBe(planDigest(JSON.parse(JSON.stringify(made))))
    }),
  )
})
