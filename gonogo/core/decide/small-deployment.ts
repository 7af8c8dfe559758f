import type { PhaseId, Strategy } from '../checklist.ts'
import { type Checklist, checklistSchema } from '../checklist.ts'
import type { DeploymentEvent, Opened, Recorded, RosterEntry } from '../events.ts'
import { fold, openState } from '../fold.ts'
import { gateView } from '../gates.ts'
import { digestOf } from '../json.ts'
import { makePlan, planDigest } from '../plan.ts'
import type { Release } from '../release.ts'
import type { Role } from '../roles.ts'
import { type Service, serviceSchema } from '../service.ts'
import type { DeploymentState } from '../state.ts'
import type { Action } from '../statement.ts'

/** A checklist of one item a stage, as small as one can be; it shows that another checklist than the default loads. */
export const smallChecklist: Checklist = checklistSchema.parse({
  checklist: 1,
  name: 'small',
  title: 'A small checklist',
  version: '1.0.0',
  control: {
    owner: 'Tests',
    distribution: [],
    classification: 'Public',
    purpose: 'to test with',
    audience: 'tests',
    lastUpdated: '2026-01-01',
    reviewCycle: 'never',
    nextReview: '2027-01-01',
    history: [],
    references: [],
  },
  phases: [
    phase(
      'planning',
      ['deployment-lead'],
      [section('planning', [check('1.1.1', 'engineering-lead'), person('1.1.2', 'security-lead')])],
    ),
    phase(
      'execution',
      ['deployment-lead', 'security-lead', 'engineering-lead'],
      [
        section('prechecks', [deployment('3.2.1', 'votes', true), deployment('3.2.2', 'prerequisites')]),
        section('startup', [check('3.3.1', 'sre-on-call')]),
        section('shift', [deployment('3.3.3', 'step'), deployment('3.3.4', 'step')]),
      ],
    ),
    phase('watch', ['sre-on-call'], [section('firstHour', [deployment('4.1.1', 'watchHeld')])]),
    phase('rollback', null, [section('rollback', [check('R4', 'sre-on-call', { fact: ['rolled-back'] })])]),
  ],
})

function phase(id: string, votes: string[] | null, sections: unknown[]) {
  return { id, title: id, ...(votes ? { gate: { title: 'go/no-go', votes } } : {}), sections }
}
function section(stage: string, items: unknown[]) {
  return { id: stage, title: stage, stage, items }
}
function check(id: string, role: string, when?: object) {
  return {
    id,
    title: `item ${id}`,
    role,
    proof: { kind: 'check', how: 'measured' },
    ...(when ? { when } : {}),
  }
}
function person(id: string, role: string) {
  return { id, title: `item ${id}`, role, proof: { kind: 'attestation', how: 'a person says so' } }
}
function deployment(id: string, by: string, strict = false) {
  return { id, title: `item ${id}`, strict, proof: { kind: 'deployment', by, how: 'by the log' } }
}

export const release = (version: string, more: Partial<Release> = {}): Release => ({
  release: 1,
  version,
  commit: 'c'.repeat(40),
  type: 'feature',
  risk: 'medium',
  strategy: 'canary',
  window: { start: 0, end: 10 ** 15, timeZone: 'UTC' },
  components: ['gateway'],
  artifact: 'x',
  digest: `sha256:${'1'.repeat(64)}`,
  flags: {},
  authors: ['nia'],
  config: {},
  backwardCompatible: true,
  featureFlags: {},
  newFeatures: [],
  ...more,
})

const entry = (name: string, roles: Role[]): RosterEntry => ({
  name,
  contact: `${name}@example.org`,
  roles,
  backupFor: [],
  keys: [],
  demo: false,
  bot: false,
})

export const roster: Record<string, RosterEntry> = {
  ada: entry('Ada', ['deployment-lead']),
  cy: entry('Cy', ['security-lead']),
  eve: entry('Eve', ['engineering-lead']),
  bo: entry('Bo', ['sre-on-call']),
  nia: entry('Nia', ['deployment-lead']),
  bot: { ...entry('Bot', ['deployment-lead']), bot: true },
}

const service: Service = serviceSchema.parse({
  gonogo: 1,
  service: 'small',
  checklist: 'small.yaml',
  environments: { production: { target: { kind: 'processes' } } },
  people: {},
  policy: {
    steps: [
      { weight: 10, wait: '1m' },
      { weight: 100, wait: '1m' },
    ],
    watch: '1h',
    firstHour: '10m',
  },
})

type Options = {
  readonly strategy?: Strategy
  readonly stable?: Release | null
  readonly byPods?: boolean
  readonly inPlace?: readonly string[]
  readonly release?: Release
  readonly rollback?: Partial<Service['policy']['rollback']>
}

/** A deployment that tests move along: events in, state out, with a clock of its own. */
export class SmallDeployment {
  state: DeploymentState
  now = 1_000_000

  constructor(options: Options = {}) {
    const event = opened(options)
    this.state = openState('d-small', { seq: 1, at: this.now, event })
  }

  add(event: DeploymentEvent, afterMs = 1): this {
    this.now += afterMs
    this.state = fold(this.state, this.#recorded(event))
    return this
  }

  checked(item: string, verdict: 'pass' | 'fail' | 'unknown' = 'pass', claim = 'found'): this {
    return this.add({
      type: 'checkSettled',
      item,
      verdict,
      summary: `${item} ${claim}`,
      claim,
      claimDigest: digestOf({ verdict, claim }),
      source: 'test',
      population: null,
      evidence: [],
      blanks: {},
      durationMs: 1,
      evidenceAtMs: null,
    })
  }

  attested(item: string, person: string, role: Role): this {
    const statement = {
      gonogo: 1,
      kind: 'attestation',
      deployment: 'd-small',
      person,
      at: this.now,
      item,
      role,
      text: 'seen',
    } as const
    return this.add({ type: 'attested', item, statement, signature: '', key: '', demo: false })
  }

  voted(gate: PhaseId, person: string, role: Role, vote: 'GO' | 'NO-GO' = 'GO'): this {
    const { opened: o } = this.state
    const statement = {
      gonogo: 1,
      kind: 'vote',
      deployment: 'd-small',
      person,
      at: this.now,
      gate,
      role,
      vote,
      plan: o.planDigest,
      release: o.releaseDigest,
      evidenceRoot: gateView(this.state, gate, this.now).evidenceRoot,
    } as const
    return this.add({ type: 'voted', statement, signature: '', key: '', demo: false })
  }

  decided(person: string, action: Action, prompt?: number): this {
    const statement = {
      gonogo: 1,
      kind: 'decision',
      deployment: 'd-small',
      person,
      at: this.now,
      action,
      reason: 'here',
      ...(prompt === undefined ? {} : { prompt }),
    } as const
    return this.add({ type: 'decided', statement, signature: '', key: '', demo: false })
  }

  #recorded(event: DeploymentEvent): Recorded {
    return { seq: this.state.seq + 1, at: this.now, event }
  }
}

function opened(options: Options): Opened {
  const next = options.release ?? release('1.1.0', { strategy: options.strategy ?? 'canary' })
  const stable = options.stable === undefined ? release('1.0.0') : options.stable
  const boundIds = ['1.1.1', '3.3.1', 'R4']
  const plan = makePlan({
    checklist: smallChecklist,
    service,
    release: next,
    stable,
    facts: [],
    boundChecks: (id) => ({ bound: boundIds.includes(id) }),
    replicas: 2,
    byPods: options.byPods ?? false,
    inPlace: options.inPlace ?? [],
  })
  return {
    type: 'opened',
    service: 'small',
    environment: 'production',
    release: next,
    releaseDigest: digestOf(next),
    stable,
    strategy: plan.strategy,
    replicas: 2,
    plan,
    planDigest: planDigest(plan),
    policy: { ...service.policy, rollback: { ...service.policy.rollback, ...options.rollback } },
    sla: service.sla,
    roster,
    authors: next.authors,
    checks: Object.fromEntries(
      boundIds.map((id) => [id, { maxAgeMs: 30 * 86_400_000, recheck: true, after: [] }]),
    ),
    audiences: ['engineering'],
    flags: plan.flags,
  }
}
