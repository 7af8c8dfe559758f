import { digestOf } from './json.ts'

/** One line of the append-only log, chained to the one before it in its stream. `at` is epoch ms. */
export type LogRecord = {
  readonly stream: string
  /** From 1, without gaps. */
  readonly seq: number
  readonly at: number
  /** The engine's fencing number; null for what people append. */
  readonly epoch: number | null
  readonly type: string
  readonly v: 1
  readonly data: unknown
  /** Hash of the record before; GENESIS_HASH for the first. */
  readonly prev: string
  /** SHA-256 over the canonical JSON of all the rest. */
  readonly hash: string
}

export const GENESIS_HASH = `sha256:${'0'.repeat(64)}`

export const sealRecord = (record: Omit<LogRecord, 'hash'>): LogRecord => ({
  ...record,
  hash: digestOf(record),
})

/** A break of a chain; `index` is the record's place in the list, from 0. */
export type ChainProblem = { readonly index: number; readonly problem: string }

/** Every break of a chain: a changed record, a gap, a foreign stream. An empty list is a whole chain. */
export function verifyChain(records: readonly LogRecord[]): ChainProblem[] {
  return records.flatMap((record, index) => {
    const before = records[index - 1]
    const { hash, ...rest } = record
    const problems: string[] = []
    if (record.seq !== index + 1) problems.push(`has number ${record.seq} where ${index + 1} belongs`)
    if (record.prev !== (before?.hash ?? GENESIS_HASH)) problems.push('does not follow the record before it')
    if (before && record.stream !== before.stream) problems.push(`belongs to ${record.stream}`)
    if (digestOf(rest) !== hash) problems.push('was changed: its hash is another')
    return problems.map((problem) => ({ index, problem }))
  })
}
