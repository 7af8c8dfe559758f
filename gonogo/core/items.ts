import { STAGES, type Stage } from './checklist.ts'
import { proveByDeployment } from './deployment-proof.ts'
import { formatDuration } from './duration.ts'
import { digestOf } from './json.ts'
import { isEntitled } from './people.ts'
import type { PlanItem } from './planned.ts'
import { type DeploymentState, emptyItem, type ItemRecord } from './state.ts'
import type { ItemState } from './verdict.ts'

/** What an item is now, and the value behind it. `claimDigest` is what a vote binds. */
export type ItemStatus = {
  readonly state: ItemState
  readonly value: string
  readonly claimDigest: string
  /** When the last proof or statement came; null when there is none. */
  readonly at: number | null
  /** True when only a person can close it now. */
  readonly waitsFor: 'person' | 'check' | null
}

export const stageIndex = (stage: Stage): number => STAGES.indexOf(stage)

/** True once the deployment has come to the item's stage. The rollback's items are reached by a rollback only. */
export function isReached(state: DeploymentState, item: PlanItem): boolean {
  if (item.stage === 'rollback') return state.rollback !== null
  if (state.stageEnteredAt[item.stage] !== undefined) return true
  return stageIndex(item.stage) <= stageIndex(state.stage)
}

/** The state of one item of the plan at a moment. Pure: the same log and moment give the same answer. */
export function itemStatus(state: DeploymentState, item: PlanItem, now: number): ItemStatus {
  const applies = appliesNow(state, item)
  if (applies.applies === 'no') return done('notApplicable', applies.reason, null, { reason: applies.reason })
  const record = state.items[item.id] ?? emptyItem
  const waived = waiverStatus(state, item, record, now)
  if (item.proof === 'deployment') {
    const proof = proveByDeployment(state, item, now)
    if (proof) return waived && proof.state !== 'passed' ? waived : proof
    if (item.proves === 'step')
      return open('notReached', state.rollback ? 'not reached before the rollback' : 'not reached', null)
    // Nobody is asked: the deployment itself comes to it, or has not said so yet.
    if (!waived && isReached(state, item)) return open('unknown', 'not decided yet', null)
  }
  if (item.bound && record.check) return sensed(state, item, record, now, waived)
  const attested = item.bound || item.strict ? null : attestationStatus(state, item, record)
  if (attested) return attested
  if (waived) return waived
  if (!isReached(state, item)) return open('notReached', 'not reached', null)
  if (applies.applies === 'later') return open('unknown', applies.reason, item.bound ? 'check' : 'person')
  return item.bound
    ? open('unknown', 'not measured yet', 'check')
    : open('unknown', `waits for the ${item.role}`, 'person')
}

/** Whether an item applies, now that the deployment may know more than its plan did. */
export function appliesNow(
  state: DeploymentState,
  item: PlanItem,
): { applies: 'yes' | 'no' | 'later'; reason: string } {
  if (item.applies !== 'later') return { applies: item.applies, reason: item.reason }
  if (item.fact === 'rolled-back') {
    if (state.rollback) return { applies: 'yes', reason: 'a rollback was decided' }
    return state.closed
      ? { applies: 'no', reason: 'no rollback happened' }
      : { applies: 'later', reason: item.reason }
  }
  if (item.fact === 'breaking-change') return breakingChange(state, item)
  return { applies: 'later', reason: item.reason }
}

/** 1.1.6 waits for the comparison of the two API documents, which says `breaking` in its claim. */
function breakingChange(
  state: DeploymentState,
  item: PlanItem,
): { applies: 'yes' | 'no' | 'later'; reason: string } {
  const source = Object.values(state.items).find((r) => isBreakingClaim(r.check?.event.claim))?.check
  if (!source || source.event.verdict === 'unknown') return { applies: 'later', reason: item.reason }
  const { breaking } = source.event.claim as { breaking: boolean }
  return breaking
    ? { applies: 'yes', reason: `${source.event.item} found a breaking change` }
    : { applies: 'no', reason: `${source.event.item} found no breaking change` }
}

const isBreakingClaim = (claim: unknown): boolean =>
  typeof claim === 'object' &&
  claim !== null &&
  typeof (claim as { breaking?: unknown }).breaking === 'boolean'

function sensed(
  state: DeploymentState,
  item: PlanItem,
  record: ItemRecord,
  now: number,
  waived: ItemStatus | null,
): ItemStatus {
  const check = record.check
  if (!check) return open('unknown', 'not measured yet', 'check')
  const stale = isStale(state, item, check.at, now)
  if (check.event.verdict === 'pass' && !stale)
    return {
      state: 'passed',
      value: check.event.summary,
      claimDigest: check.event.claimDigest,
      at: check.at,
      waitsFor: null,
    }
  if (waived) return waived
  const value = stale
    ? `the evidence is ${formatDuration(now - check.at)} old: ${check.event.summary}`
    : check.event.summary
  const verdict = check.event.verdict === 'fail' ? 'failed' : 'unknown'
  return { state: verdict, value, claimDigest: check.event.claimDigest, at: check.at, waitsFor: 'check' }
}

/** Proofs grow old until the last vote opens execution; from then on each stage has proofs of its own. */
export function isStale(state: DeploymentState, item: PlanItem, at: number, now: number): boolean {
  if (state.gates.execution) return false
  const rule = state.opened.checks[item.id]
  return rule !== undefined && now - at > rule.maxAgeMs
}

function attestationStatus(state: DeploymentState, item: PlanItem, record: ItemRecord): ItemStatus | null {
  const signed = record.attestation
  if (!signed) return null
  const { statement } = signed.event
  if (!isEntitled(state.opened, statement.person, statement.role) || statement.role !== item.role) return null
  const name = state.opened.roster[statement.person]?.name ?? statement.person
  const { at: _at, ...lasting } = statement
  const value = `${name}: “${statement.text}”${statement.value ? ` · ${statement.value}` : ''}`
  return { state: 'attested', value, claimDigest: digestOf(lasting), at: signed.at, waitsFor: null }
}

function waiverStatus(
  state: DeploymentState,
  item: PlanItem,
  record: ItemRecord,
  now: number,
): ItemStatus | null {
  const signed = record.waiver
  if (!signed || item.strict) return null
  const { statement } = signed.event
  if (statement.expiresAt <= now || statement.role !== item.role) return null
  if (!isEntitled(state.opened, statement.person, statement.role)) return null
  if (statement.claim !== waivableClaim(record)) return null
  const days = Math.ceil((statement.expiresAt - now) / 86_400_000)
  const name = state.opened.roster[statement.person]?.name ?? statement.person
  const value = `waived by ${name}: “${statement.reason}” · expires in ${days} d`
  return {
    state: 'waived',
    value,
    claimDigest: digestOf({ claim: statement.claim, reason: statement.reason }),
    at: signed.at,
    waitsFor: null,
  }
}

/** The claim that a waiver accepts: another finding needs another waiver. */
export const waivableClaim = (record: ItemRecord): string => record.check?.event.claimDigest ?? 'unproven'

const open = (state: ItemState, value: string, waitsFor: ItemStatus['waitsFor']): ItemStatus => ({
  state,
  value,
  claimDigest: 'none',
  at: null,
  waitsFor,
})

const done = (state: ItemState, value: string, at: number | null, claim: unknown): ItemStatus => ({
  state,
  value,
  claimDigest: digestOf(claim),
  at,
  waitsFor: null,
})
