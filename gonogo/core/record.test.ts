import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GENESIS_HASH, type LogRecord, sealRecord, verifyChain } from './record.ts'

function chainOf(count: number, stream = 'd-1'): LogRecord[] {
  const records: LogRecord[] = []
  for (let i = 0; i < count; i++) {
    const prev = records.at(-1)?.hash ?? GENESIS_HASH
    const data = { n: i, said: `line ${i}` }
    records.push(sealRecord({ stream, seq: i + 1, at: 1000 + i, epoch: 1, type: 'held', v: 1, data, prev }))
  }
  return records
}

const indexes = (records: readonly LogRecord[]) => verifyChain(records).map((p) => p.index)

describe('a chain', () => {
  it('holds as it was sealed, and so does each beginning of it', () => {
    const records = chainOf(5)
    for (let count = 0; count <= 5; count++) expect(verifyChain(records.slice(0, count))).toEqual([])
  })

  it('has hashes of the canonical text, so that the order of keys does not matter', () => {
    const [record] = chainOf(1)
    const again = JSON.parse(JSON.stringify(record)) as LogRecord
    expect(verifyChain([{ ...again, data: { said: 'line 0', n: 0 } }])).toEqual([])
    expect(record?.hash).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('breaks at the record whose field was changed', () => {
    const fields = ['stream', 'seq', 'at', 'epoch', 'type', 'v', 'data', 'prev', 'hash'] as const
    fc.assert(
      fc.property(fc.nat(4), fc.constantFrom(...fields), (at, field) => {
        const records = chainOf(5).map((r, i) => (i === at ? ({ ...r, [field]: 'other' } as never) : r))
        expect(indexes(records)).toContain(at)
      }),
    )
  })

  it('breaks where a record is missing, doubled or out of its place', () => {
    const [a, b, c] = chainOf(3) as [LogRecord, LogRecord, LogRecord]
    expect(indexes([a, c])[0]).toBe(1)
    expect(indexes([b, c])[0]).toBe(0)
    expect(indexes([a, a, b])[0]).toBe(1)
    expect(indexes([a, c, b])[0]).toBe(1)
  })

  it('breaks where a record of another stream was put in and sealed anew', () => {
    const [a] = chainOf(1)
    const { hash: _hash, ...other } = chainOf(2, 'd-2')[1] as LogRecord
    const foreign = sealRecord({ ...other, prev: a?.hash ?? '' })
    expect(verifyChain([a as LogRecord, foreign])).toEqual([{ index: 1, problem: 'belongs to d-2' }])
  })
})
