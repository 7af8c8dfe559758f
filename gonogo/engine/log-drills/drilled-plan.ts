import { drillRelease, drillService, drillStable } from '#checks/drill-situation.ts'
import { type Checklist, itemsOf } from '#core/checklist.ts'
import type { Opened, RosterEntry } from '#core/events.ts'
import { digestOf } from '#core/json.ts'
import { makePlan, planDigest } from '#core/plan.ts'

/** Items that the log proves, the first check that planning asks for, and the first item of a person. */
export function reduced(checklist: Checklist): Checklist {
  const early = itemsOf(checklist).filter(({ item, phase }) => phase.id === 'planning' && !item.when)
  const check = early.find(({ item }) => item.proof.kind === 'check')?.item.id
  const person = early.find(({ item }) => item.proof.kind === 'check' && item.id !== check)?.item.id
  const isKept = (id: string, kind: string) => kind === 'deployment' || id === check || id === person
  const phases = checklist.phases.map((phase) => ({
    ...phase,
    sections: phase.sections
      .map((s) => ({ ...s, items: s.items.filter((item) => isKept(item.id, item.proof.kind)) }))
      .filter((s) => s.items.length > 0),
  }))
  return { ...checklist, phases: phases.filter((phase) => phase.sections.length > 0) }
}

const POLICY = {
  steps: [
    { weight: 5, wait: '90s' },
    { weight: 100, wait: '1m' },
  ],
  firstHour: '40m',
  watch: '50m',
  rollback: { interval: '2s', warmUp: '4s', maxBlind: '20s' },
}

export function opened(checklist: Checklist, roster: Readonly<Record<string, RosterEntry>>): Opened {
  const audiences = {
    engineering: { channel: '#engineering', template: '' },
    support: { channel: '#s', template: '' },
  }
  const service = drillService({ policy: POLICY, audiences })
  const [release, stable] = [drillRelease({ authors: ['author'] }), drillStable()]
  const check = itemsOf(checklist).find(({ item }) => item.proof.kind === 'check')?.item.id
  const boundChecks = (id: string) => ({ bound: id === check })
  const plan = makePlan({ checklist, service, release, stable, facts: [], boundChecks, replicas: 1 })
  return {
    type: 'opened',
    service: service.service,
    environment: 'production',
    release,
    releaseDigest: digestOf(release),
    stable,
    strategy: plan.strategy,
    replicas: 1,
    plan,
    planDigest: planDigest(plan),
    policy: service.policy,
    sla: service.sla,
    roster,
    authors: release.authors,
    checks: check ? { [check]: { maxAgeMs: 86_400_000, recheck: true, after: [] } } : {},
    audiences: Object.keys(audiences),
    flags: plan.flags,
  }
}
