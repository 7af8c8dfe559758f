import type { Opened, Recorded } from '#core/events.ts'
import type { Statement } from '#core/statement.ts'
import { verifyStatement } from '#evidence/signatures.ts'
import { EXIT, Refusal } from './exit-codes.ts'

/**
 * Holds every signed event against the roster that the deployment was opened with: the signature is over the statement,
 * by a key of the person it names, for this deployment. Throws a Refusal on the first that is not: such a log is not
 * acted on.
 */
export function refuseForged(id: string, opened: Pick<Opened, 'roster'>, records: readonly Recorded[]): void {
  for (const { seq, event } of records) {
    if (!('statement' in event)) continue
    const problem = problemOf(id, opened, event.statement, event.signature)
    if (problem)
      throw new Refusal(
        'forged',
        `record ${seq} of ${id} (${event.type}): ${problem}; nothing is done on such a log`,
        EXIT.environment,
      )
  }
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
