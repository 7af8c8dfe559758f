import type { DeploymentEvent, Opened, Recorded } from '#core/events.ts'
import type { Statement } from '#core/statement.ts'
import { verifyStatement } from '#evidence/signatures.ts'
import { EXIT, Refusal } from './exit-codes.ts'

type SignedEvent = Extract<DeploymentEvent, { readonly statement: Statement }>

const KINDS: Readonly<Record<SignedEvent['type'], Statement['kind']>> = {
  attested: 'attestation',
  waived: 'waiver',
  voted: 'vote',
  decided: 'decision',
}

/**
 * Holds every signed event against the roster that the deployment was opened with: the signature is over the statement,
 * by a key of the person it names, for this deployment and for what the event says of it, and stands there once. Throws a
 * Refusal on the first that is not: such a log is not acted on. `seen`: the signatures of the records before.
 */
export function refuseForged(
  id: string,
  opened: Pick<Opened, 'roster'>,
  records: readonly Recorded[],
  seen: Set<string> = new Set(),
): void {
  for (const { seq, event } of records) {
    if (!('statement' in event)) continue
    const problem = seen.has(event.signature)
      ? 'the signature was there before'
      : (whatItSaysOtherwise(event) ?? problemOf(id, opened, event.statement, event.signature))
    seen.add(event.signature)
    if (problem)
      throw new Refusal(
        'forged',
        `record ${seq} of ${id} (${event.type}): ${problem}; nothing is done on such a log`,
        EXIT.environment,
      )
  }
}

function whatItSaysOtherwise(event: SignedEvent): string | null {
  const { statement } = event
  if (statement.kind !== KINDS[event.type]) return `what is signed is of the kind ${statement.kind}`
  if (!('item' in event && 'item' in statement) || event.item === statement.item) return null
  return `it says item ${event.item}, signed is item ${statement.item}`
}

function problemOf(
  id: string,
  opened: Pick<Opened, 'roster'>,
  statement: Statement,
  signature: string,
): string | null {
  if (statement.deployment !== id) return `the statement is about ${statement.deployment}`
  const entry = opened.roster[statement.person]
  if (!entry) return `${statement.person} is not in the roster`
  const verified = verifyStatement(statement, signature, entry.keys)
  return verified.ok ? null : `the signature ${verified.message}`
}
