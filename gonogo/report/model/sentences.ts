import type { DeploymentEvent, Effect } from '#core/events.ts'
import { ROLES } from '#core/roles.ts'
import type { DeploymentState } from '#core/state.ts'
import { duration, iso, percent, plural, shortDigest, utc } from '../wording.ts'
import { nameOf } from './signatures.ts'

type Sentences = {
  readonly [T in DeploymentEvent['type']]: (
    event: Extract<DeploymentEvent, { type: T }>,
    state: DeploymentState,
  ) => string
}

/** One event as one sentence with its numbers. */
export function sentenceOf(event: DeploymentEvent, state: DeploymentState): string {
  const say = SENTENCES[event.type] as (event: DeploymentEvent, state: DeploymentState) => string
  return say(event, state)
}

const VERDICTS = { pass: 'passed', fail: 'failed', unknown: 'is unknown' } as const

const SENTENCES: Sentences = {
  opened: (e) =>
    `Deployment of ${e.service} ${e.stable ? `${e.stable.version} → ` : ''}${e.release.version} to ${e.environment} was opened, strategy ${e.strategy}, ${plural(e.plan.items.length, 'item')}, plan ${shortDigest(e.planDigest)}.`,
  checkSettled: (e) => `${e.item} ${VERDICTS[e.verdict]}: ${e.summary} (${duration(e.durationMs)})`,
  attested: (e, s) =>
    `${nameOf(s, e.statement.person)} attested ${e.item} as ${ROLES[e.statement.role]}: “${e.statement.text}”${demo(e.demo)}`,
  waived: (e, s) =>
    `${nameOf(s, e.statement.person)} waived ${e.item} as ${ROLES[e.statement.role]} until ${utc(iso(e.statement.expiresAt))}: “${e.statement.reason}”${demo(e.demo)}`,
  voted: (e, s) =>
    `${nameOf(s, e.statement.person)} voted ${e.statement.vote} as ${ROLES[e.statement.role]} at the gate ${e.statement.gate}, on evidence ${shortDigest(e.statement.evidenceRoot)}${e.statement.reason ? `: “${e.statement.reason}”` : ''}${demo(e.demo)}`,
  decided: (e, s) =>
    `${nameOf(s, e.statement.person)} signed ${e.statement.action}${e.statement.reason ? `: “${e.statement.reason}”` : ''}${demo(e.demo)}`,
  gateOpened: (e) => `The gate ${e.gate} opened on evidence ${shortDigest(e.evidenceRoot)}.`,
  stageEntered: (e) => `Stage ${e.stage} began.`,
  effectIntended: (e) =>
    `${effectWords(e.effect)} was begun${e.attempt > 1 ? `, attempt ${e.attempt}` : ''} (${e.key}).`,
  effectSettled: (e) =>
    `${e.key} ${e.ok ? 'succeeded' : `failed with ${e.code ?? 'no code'}`} after ${duration(e.durationMs)}: ${e.detail}`,
  analysisJudged: (e) => `The analysis says ${e.verdict}${e.trigger ? ` (${e.trigger})` : ''}: ${e.sentence}`,
  stepStarted: (e) =>
    `${round(e.weight)} % of the traffic goes to the new version, to be decided at ${utc(iso(e.dueAtMs))}.`,
  stepExtended: (e) => `Step ${e.step + 1} was extended to ${utc(iso(e.dueAtMs))}: ${e.reason}`,
  stepDecided: (e, s) =>
    `Step at ${round(e.weight)} %: ${e.decision}, ${e.by ? `by ${nameOf(s, e.by)}` : 'by the analysis'}: ${e.sentence}${ratio(e.numbers?.canary.errorRatio)}`,
  held: (e) => `The deployment held: ${e.reason}`,
  released: (e) => `The deployment went on: ${e.reason}`,
  driftSeen: (e) => `Held: ${e.detail}`,
  driftGone: () => 'What somebody else had changed is undone',
  faultSeen: (e) => `Fault ${e.criterion}: ${e.detail}`,
  watchStarted: (e) =>
    `The watch began; the first hour ends ${utc(iso(e.firstHourEndsAtMs))}, the watch ${utc(iso(e.endsAtMs))}.`,
  presenceAsked: (e) => `Whoever has the watch was asked to answer by ${utc(iso(e.dueAtMs))}.`,
  rollbackDecided: (e, s) =>
    `Rollback decided by ${e.by ? nameOf(s, e.by) : `criterion ${e.criterion}`}: ${e.reason}`,
  rollbackCompleted: (e) =>
    `Rollback completed: restored ${e.restored}, ${plural(e.failedRequests, 'failed request')}${e.trafficZeroAfterMs === null ? '' : `, no traffic on the new version ${duration(e.trafficZeroAfterMs)} after the decision`}.`,
  samplesSealed: (e) =>
    `${plural(e.count, 'sample')} up to ${utc(iso(e.toMs))} were sealed as ${shortDigest(e.digest)}.`,
  reportWritten: (e) => `The ${e.name} was written as ${shortDigest(e.digest)}.`,
  closed: (e) => `The deployment was closed: ${e.status}.`,
}

const round = (weight: number): number => Math.round(weight * 10) / 10
const demo = (isDemo: boolean): string => (isDemo ? ' (demo key)' : '')
const ratio = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : ` (new version ${percent(value)} errors)`

/** What an effect does to the world, in words. */
function effectWords(effect: Effect): string {
  switch (effect.kind) {
    case 'migrate':
      return `Migration ${effect.direction}${effect.to === null ? '' : ` to schema ${effect.to}`}`
    case 'deploy':
      return `Deploying ${effect.version} with ${plural(effect.replicas, 'instance')}`
    case 'scale':
      return `Scaling ${effect.version} to ${plural(effect.replicas, 'instance')}`
    case 'weights':
      return `Setting weights ${Object.entries(effect.weights)
        .map(([version, weight]) => `${version} ${round(weight)} %`)
        .join(', ')}${effect.byPods ? ', by the number of their pods' : ''}`
    case 'promote':
      return `Promoting ${effect.version}`
    case 'revert':
      return `Reverting to ${effect.version}, away from ${effect.drop}`
    case 'cleanup':
      return `Cleaning up, keeping ${effect.keep.join(', ') || 'nothing'}`
    case 'notify':
      return `Telling ${effect.audience} “${effect.message}”`
    case 'report':
      return `Writing the ${effect.name}`
  }
}
