import type { Item } from '#core/checklist.ts'
import type { EvidenceEntry } from '#core/events.ts'
import { itemStatus } from '#core/items.ts'
import { ROLES } from '#core/roles.ts'
import { emptyItem } from '#core/state.ts'
import type { ItemState } from '#core/verdict.ts'
import { STATE_MARKS } from '#core/verdict.ts'
import type { ReportInput } from '../report-input.ts'
import { iso } from '../wording.ts'
import { type BlankEntry, itemBlanks } from './blanks.ts'
import { historyOf } from './item-history.ts'
import { type SignatureEntry, signatureEntry } from './signatures.ts'

export type ItemEntry = {
  readonly id: string
  readonly title: string
  /** What the document adds in brackets. */
  readonly note: string | null
  readonly state: ItemState
  readonly word: string
  /** The value seen, or why there is none. */
  readonly value: string
  readonly role: string
  readonly at: string | null
  readonly source: string | null
  readonly population: string | null
  readonly evidence: readonly EvidenceEntry[]
  /** When the evidence was made, where that is older than the check. */
  readonly evidenceAt: string | null
  readonly attestation: {
    readonly text: string
    readonly value: string | null
    readonly link: string | null
    readonly by: SignatureEntry
  } | null
  readonly waiver: {
    readonly reason: string
    readonly expiresAt: string
    readonly claim: string
    readonly by: SignatureEntry
  } | null
  readonly blanks: readonly BlankEntry[]
  readonly history: readonly string[]
}

/** The moment the report speaks of: nothing grows older once a deployment is closed. */
export const momentOf = (input: ReportInput): number => input.state.closed?.at ?? input.now

export function itemEntry(input: ReportInput, item: Item): ItemEntry {
  const { state } = input
  const record = state.items[item.id] ?? emptyItem
  const status = statusOf(input, item.id)
  const isSensed = record.check !== null && status.state !== 'attested' && status.state !== 'notApplicable'
  const check = isSensed ? record.check : null
  return {
    id: item.id,
    title: item.title,
    note: item.note ?? null,
    state: status.state,
    word: STATE_MARKS[status.state].word,
    value: status.state === 'waived' && record.check ? record.check.event.summary : status.value,
    role: ROLES[item.role],
    at: status.at === null ? null : iso(check?.at ?? status.at),
    source: check?.event.source ?? sourceOf(item, status.state),
    population: check?.event.population ?? null,
    evidence: check?.event.evidence ?? [],
    evidenceAt: check?.event.evidenceAtMs ? iso(check.event.evidenceAtMs) : null,
    attestation: status.state === 'attested' ? attestationOf(input, item.id) : null,
    waiver: status.state === 'waived' ? waiverOf(input, item.id) : null,
    blanks: itemBlanks(input, item),
    history: historyOf(input.events, item.id),
  }
}

/** An item that the plan does not know was not part of this deployment. */
export function statusOf(
  input: ReportInput,
  id: string,
): { state: ItemState; value: string; at: number | null } {
  const planned = input.state.opened.plan.items.find((i) => i.id === id)
  if (!planned) return { state: 'notReached', value: 'not in the plan of this deployment', at: null }
  return itemStatus(input.state, planned, momentOf(input))
}

const sourceOf = (item: Item, state: ItemState): string | null =>
  item.proof.kind === 'deployment' && (state === 'passed' || state === 'failed')
    ? 'the log of this deployment'
    : null

function attestationOf({ state }: ReportInput, id: string): ItemEntry['attestation'] {
  const signed = state.items[id]?.attestation?.event
  if (!signed) return null
  const { text, value = null, link = null } = signed.statement
  return { text, value, link, by: signatureEntry(state, signed) }
}

function waiverOf({ state }: ReportInput, id: string): ItemEntry['waiver'] {
  const signed = state.items[id]?.waiver?.event
  if (!signed) return null
  const { reason, expiresAt, claim } = signed.statement
  return { reason, expiresAt: iso(expiresAt), claim, by: signatureEntry(state, signed) }
}
