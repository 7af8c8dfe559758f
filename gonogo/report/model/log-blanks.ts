import { itemsOf } from '#core/checklist.ts'
import { stepOf } from '#core/deployment-proof.ts'
import type { ArmNumbers } from '#core/events.ts'
import type { Role } from '#core/roles.ts'
import { isGood } from '#core/verdict.ts'
import type { ReportInput } from '../report-input.ts'
import { bucket, iso, percent, utc, utcSpan } from '../wording.ts'
import { statusOf } from './item-entries.ts'
import { minutesToRestore } from './rollback-times.ts'
import { holdersOf, nameOf } from './signatures.ts'
import { type StepOutcome, stepOutcome } from './steps.ts'
import { gateVotes } from './votes.ts'

type Fill = (input: ReportInput, place: string) => string | null

/** A blank of the document that the deployment's own log fills; null where it does not know either. */
export const fromLog = (input: ReportInput, key: string, place: string): string | null =>
  FILLS[key]?.(input, place) ?? null

const FILLS: Readonly<Record<string, Fill>> = {
  'deployment-window': ({ state }) => {
    const { start, end, timeZone } = state.opened.release.window
    return `${utcSpan(iso(start), iso(end))} (declared in ${timeZone})`
  },
  'deployment-type': ({ state }) => state.opened.release.type,
  'risk-level': ({ state }) => state.opened.release.risk,
  'deployment-lead': (input) => holders(input, 'deployment-lead'),
  'engineering-lead': (input) => holders(input, 'engineering-lead'),
  'security-engineer': (input) => holders(input, 'security-lead'),
  'sre-on-call': (input) => holders(input, 'sre-on-call'),
  'deployment-lead-vote': (input) => goOf(input, 'deployment-lead', 'vote'),
  'deployment-lead-name': (input) => goOf(input, 'deployment-lead', 'name'),
  'security-lead-vote': (input) => goOf(input, 'security-lead', 'vote'),
  'security-lead-name': (input) => goOf(input, 'security-lead', 'name'),
  'engineering-lead-vote': (input) => goOf(input, 'engineering-lead', 'vote'),
  'engineering-lead-name': (input) => goOf(input, 'engineering-lead', 'name'),
  'error-rate-limit': ({ state }) =>
    `${state.opened.policy.rollback.errorRate} % or ${state.opened.policy.rollback.errorRatio} × baseline`,
  'latency-limit': ({ state }) =>
    `${state.opened.policy.rollback.p95Ms} ms or ${state.opened.policy.rollback.p95Ratio} × baseline`,
  'deployment-commands': ({ state }) =>
    deployEffects(state.effects)
      .map((e) => `${e.key}: ${e.settled?.detail ?? 'under way'}`)
      .join(' · ') || null,
  'deployment-timestamp': ({ state }) => {
    const first = deployEffects(state.effects).find((e) => e.effect.kind === 'deploy')
    return first ? utc(iso(first.intendedAt)) : null
  },
  'error-rate': (input, item) => armOf(input, item, 'canary', errorRate),
  'baseline-error-rate': (input, item) => armOf(input, item, 'baseline', errorRate),
  p95: (input, item) => armOf(input, item, 'canary', p95),
  'baseline-p95': (input, item) => armOf(input, item, 'baseline', p95),
  decision: (input, item) => {
    const decided = stepAt(input, item)
    if (!decided) return null
    const isLast = stepOf(input.state, item) === input.state.opened.plan.steps.length - 1
    const [good, bad] = isLast ? ['Success', 'Rollback initiated'] : ['Proceed', 'Rollback']
    return `${decided.decision === 'proceed' ? good : bad}, ${decided.by ? nameOf(input.state, decided.by) : 'by the analysis'}`
  },
  'validation-passed': (input, section) =>
    !allReached(input, section) ? null : allGood(input, section) ? 'Yes' : 'No',
  'validation-issues': (input, section) => issuesOf(input, section),
  'monitoring-start': ({ state }) => (state.watch ? utc(iso(state.watch.at)) : null),
  'monitoring-end': ({ state }) => (state.watch ? utc(iso(state.watch.event.endsAtMs)) : null),
  'assigned-monitor': ({ state }) => (state.watchHolder ? nameOf(state, state.watchHolder) : null),
  stability: (input, section) =>
    !isWatched(input) ? null : allGood(input, section) && !held(input) ? 'Stable' : 'Concerns',
  'watch-issues': (input, section) => (isWatched(input) ? issuesOf(input, section) : null),
  'watch-actions': (input) => (isWatched(input) ? actionsOf(input) : null),
  'rollback-reason': ({ state }) => (state.rollback ? `Yes. ${state.rollback.decided.event.reason}` : null),
  'rollback-timestamp': ({ state }) => (state.rollback ? utc(iso(state.rollback.decided.at)) : null),
  'rollback-minutes': ({ state }) => minutesToRestore(state),
  'system-restored': ({ state }) => state.rollback?.completed?.event.restored ?? null,
}

const deployEffects = (effects: ReportInput['state']['effects']) =>
  Object.values(effects).filter(
    (e) => ['migrate', 'deploy', 'scale'].includes(e.effect.kind) && !e.key.startsWith('shrink'),
  )

function holders({ state }: ReportInput, role: Role): string | null {
  return (
    holdersOf(state, role)
      .map((p) => (p.isBackup ? `${p.name} (backup)` : p.name))
      .join(', ') || null
  )
}

function goOf(input: ReportInput, role: Role, part: 'vote' | 'name'): string | null {
  const vote = gateVotes(input, 'execution').find((v) => v.roleId === role && v.counts)
  return vote ? (part === 'vote' ? vote.vote : vote.by.name) : null
}

function stepAt({ state }: ReportInput, item: string): StepOutcome | null {
  const planned = state.opened.plan.items.find((i) => i.id === item)
  return planned?.applies === 'no' ? null : stepOutcome(state, stepOf(state, item))
}

function armOf(
  input: ReportInput,
  item: string,
  arm: 'canary' | 'baseline',
  say: (arm: ArmNumbers) => string,
): string | null {
  const decided = stepAt(input, item)
  if (!decided) return null
  const numbers = decided.numbers?.[arm]
  if (numbers) return say(numbers)
  return arm === 'baseline' ? 'no baseline: all traffic is on the new version' : 'no data'
}

const errorRate = (arm: ArmNumbers): string =>
  arm.errorRatio === null ? 'no data' : `${percent(arm.errorRatio)} (${arm.errors} of ${arm.requests})`
const p95 = (arm: ArmNumbers): string => (arm.p95Ms === null ? 'no data' : bucket(arm.p95Ms))

const isWatched = ({ state }: ReportInput): boolean => state.stageEnteredAt.documentation !== undefined

const under = (input: ReportInput, section: string) =>
  itemsOf(input.checklist)
    .filter((i) => i.section.id === section)
    .map(({ item }) => ({ id: item.id, ...statusOf(input, item.id) }))
const allGood = (input: ReportInput, section: string): boolean =>
  under(input, section).every((i) => isGood(i.state))
const allReached = (input: ReportInput, section: string): boolean =>
  under(input, section).every((i) => i.state !== 'notReached')

function issuesOf(input: ReportInput, section: string): string | null {
  if (!allReached(input, section)) return null
  const open = under(input, section).filter((i) => !isGood(i.state) || i.state === 'waived')
  return open.length === 0 ? 'none' : open.map((i) => `${i.id} ${i.value}`).join(' · ')
}

const held = ({ events, state }: ReportInput): boolean =>
  events.some(
    ({ event: { type }, at }) =>
      (type === 'held' || type === 'driftSeen') && at >= (state.watch?.at ?? Number.POSITIVE_INFINITY),
  )

function actionsOf({ events, state }: ReportInput): string {
  const since = state.watch?.at ?? Number.POSITIVE_INFINITY
  const done = events.flatMap(({ at, event }) =>
    at >= since && event.type === 'decided' && event.statement.action !== 'present'
      ? [`${nameOf(state, event.statement.person)}: ${event.statement.action}`]
      : [],
  )
  return done.join(' · ') || 'none'
}
