import { itemsOf } from '#core/checklist.ts'
import type { Recorded } from '#core/events.ts'
import { ROLES } from '#core/roles.ts'
import type { ReportInput } from '../report-input.ts'
import { duration, iso, utc } from '../wording.ts'
import { momentOf, statusOf } from './item-entries.ts'
import { nameOf } from './signatures.ts'
import { shortenedWaits } from './waits.ts'

/** Something that a reader must not overlook, in full. */
export type ExceptionEntry = {
  readonly kind:
    | 'failed'
    | 'unknown'
    | 'waived'
    | 'fault'
    | 'hold'
    | 'extension'
    | 'rollback'
    | 'review'
    | 'wait'
    | 'demo'
  /** Item, step or criterion it is about. */
  readonly about: string
  readonly text: string
  /** Counts in the statistics as an issue of this deployment; what concerns only the document or the set-up does not. */
  readonly isIssue: boolean
}

export function exceptionsOf(input: ReportInput): ExceptionEntry[] {
  return [...ofItems(input), ...input.events.flatMap((r) => ofEvent(input, r)), ...ofDocument(input)]
}

/** Failed before unknown before waived, each in the document's order. */
function ofItems(input: ReportInput): ExceptionEntry[] {
  const all = itemsOf(input.checklist).map(({ item }) => ({ item, ...statusOf(input, item.id) }))
  return (['failed', 'unknown', 'waived'] as const).flatMap((kind) =>
    all
      .filter(({ state }) => state === kind)
      .map(({ item, value }) => ({
        kind,
        about: item.id,
        text: `${item.title}: ${kind === 'waived' ? `${findingOf(input, item.id)} · ${value}${waiverTail(input, item.id)}` : value}`,
        isIssue: true,
      })),
  )
}

/** What was accepted: the check's own words, or that nothing proved it. */
const findingOf = ({ state }: ReportInput, item: string): string =>
  state.items[item]?.check?.event.summary ?? 'unproven'

function waiverTail({ state }: ReportInput, item: string): string {
  const signed = state.items[item]?.waiver?.event.statement
  return signed ? ` · approved as ${ROLES[signed.role]}, expires ${utc(iso(signed.expiresAt))}` : ''
}

function ofEvent({ state }: ReportInput, { event, at }: Recorded): ExceptionEntry[] {
  const issue = (kind: ExceptionEntry['kind'], about: string, text: string) => [
    { kind, about, text: `${text} (${utc(iso(at))})`, isIssue: true },
  ]
  switch (event.type) {
    case 'held':
      return issue('hold', 'held', event.reason)
    case 'driftSeen':
      return issue('hold', 'drift', event.detail)
    case 'stepExtended':
      return issue(
        'extension',
        `step ${state.opened.plan.steps[event.step]?.weight ?? '?'} %`,
        `extended to ${utc(iso(event.dueAtMs))}: ${event.reason}`,
      )
    case 'faultSeen':
      return issue('fault', event.criterion, event.detail)
    case 'rollbackDecided':
      return issue(
        'rollback',
        event.criterion,
        `${event.reason}${event.by ? `, by ${nameOf(state, event.by)}` : ', automatic'}`,
      )
    default:
      return []
  }
}

function ofDocument(input: ReportInput): ExceptionEntry[] {
  const { nextReview } = input.checklist.control
  const overdueMs = momentOf(input) - Date.parse(nextReview)
  const review: ExceptionEntry[] =
    overdueMs > 86_400_000
      ? [
          {
            kind: 'review',
            about: 'document',
            text: `the checklist's review was due on ${nextReview} and is overdue by ${duration(overdueMs)}`,
            isIssue: false,
          },
        ]
      : []
  const waits = shortenedWaits(input).map(
    (text): ExceptionEntry => ({ kind: 'wait', about: 'waits', text, isIssue: false }),
  )
  const demo = Object.values(input.state.opened.roster)
    .filter((p) => p.demo)
    .map((p) => p.name)
  const keys: ExceptionEntry[] =
    demo.length > 0
      ? [
          {
            kind: 'demo',
            about: 'keys',
            text: `made for a demo, and proof of nobody's identity: the keys of ${demo.join(', ')}`,
            isIssue: false,
          },
        ]
      : []
  return [...review, ...waits, ...keys]
}
