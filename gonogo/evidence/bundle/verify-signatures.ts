import type { LogRecord } from '#core/record.ts'
import { verifyStatement } from '../signatures.ts'
import { type BundleProblem, problemAt } from './bundle-problem.ts'
import {
  isObject,
  type OnLine,
  type RosterKeys,
  rosterIn,
  type SignedStatement,
  signedIn,
} from './log-contents.ts'
import { LOG_FILE } from './log-files.ts'
import { lineOf } from './read-log.ts'

/** Records that only a person can make, and the kind of statement that each must carry. */
const SIGNED_RECORDS = new Map([
  ['attested', 'attestation'],
  ['waived', 'waiver'],
  ['voted', 'vote'],
  ['decided', 'decision'],
])

/**
 * Everything that is wrong with the signatures of a log: each must be over its statement, by a key of the person it
 * names, about this deployment, and stand there once; and what only people can say must be signed.
 */
export function verifySignatures(records: readonly LogRecord[]): BundleProblem[] {
  const roster = rosterIn(records)
  if (!roster) return [problemAt(LOG_FILE, lineOf(0), 'names no people (roster): nobody can have signed')]
  const seen = new Map<string, number>()
  const signed = signedIn(records).flatMap((entry) => {
    const first = seen.get(entry.signature)
    seen.set(entry.signature, first ?? entry.line)
    const problem =
      first === undefined ? whatIsWrong(entry, records, roster) : `repeats the signature of line ${first}`
    return problem ? [problemAt(LOG_FILE, lineOf(entry.line - 1), problem)] : []
  })
  return [...signed, ...unsigned(records)]
}

function whatIsWrong(
  { statement, signature, key, said, line }: OnLine<SignedStatement>,
  records: readonly LogRecord[],
  roster: RosterKeys,
): string | null {
  const person = typeof statement.person === 'string' ? statement.person : ''
  const entry = Object.hasOwn(roster, person) ? roster[person] : undefined
  if (!entry) return `is signed for ${person || 'nobody'}, who is not in the roster`
  const stream = records[line - 1]?.stream
  if (statement.deployment !== stream)
    return `is signed for the deployment ${String(statement.deployment)}, not for ${stream}`
  if (!entry.keys.includes(key)) return `is signed by a key that the roster does not give ${person}`
  const verified = verifyStatement(statement, signature, [key])
  if (!verified.ok) return `has a signature for ${person} that ${verified.message}`
  if (typeof said.item === 'string' && said.item !== statement.item)
    return `says item ${said.item}, but ${person} signed item ${String(statement.item)}`
  if (entry.demo !== null && said.demo !== undefined && said.demo !== entry.demo)
    return `says of ${person}’s key that it is ${said.demo ? '' : 'not '}a demo’s; the roster says otherwise`
  return null
}

function unsigned(records: readonly LogRecord[]): BundleProblem[] {
  return records.flatMap((record, index) => {
    const kind = SIGNED_RECORDS.get(record.type)
    if (!kind) return []
    const { data } = record
    const statement = isObject(data) ? data.statement : undefined
    if (!isObject(data) || !isObject(statement) || !isString(data.signature) || !isString(data.key))
      return [problemAt(LOG_FILE, lineOf(index), `says ${record.type}, but nobody signed it`)]
    return statement.kind === kind
      ? []
      : [
          problemAt(
            LOG_FILE,
            lineOf(index),
            `says ${record.type}, but the statement signed is of the kind ${String(statement.kind)}`,
          ),
        ]
  })
}

const isString = (value: unknown): value is string => typeof value === 'string'
