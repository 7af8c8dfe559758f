import { describe, expect, test } from 'vitest'
import { readCobertura } from './cobertura/index.ts'
import { readIstanbul } from './istanbul/index.ts'
import { readLcov } from './lcov/index.ts'

const LCOV = 'SF:a.ts\nDA:1,4\nDA:2,0\nDA:3,1\nLF:3\nLH:2\nend_of_record\n'
const COBERTURA = (attributes = 'lines-valid="3" lines-covered="2"') =>
  `<coverage ${attributes}><packages><package><classes><class filename="a.ts"><lines><line number="1" hits="4"/><line number="2" hits="0"/><line number="3" hits="1"/></lines></class></classes></package></packages></coverage>`
const ISTANBUL = {
  'a.ts': {
    path: 'a.ts',
    statementMap: {
      0: { start: { line: 1 } },
      1: { start: { line: 2 } },
      2: { start: { line: 3 } },
      3: { start: { line: 3 } },
    },
    s: { 0: 4, 1: 0, 2: 0, 3: 1 },
  },
}

describe('one run of tests', () => {
  test('has the same coverage in every format', () => {
    const expected = [['a.ts', { lines: 3, covered: 2 }]]
    expect([...readLcov(LCOV, 's')]).toEqual(expected)
    expect([...readCobertura(COBERTURA(), 's')]).toEqual(expected)
    expect([...readIstanbul(JSON.stringify(ISTANBUL), 's')]).toEqual(expected)
  })
})

describe('a coverage report is refused', () => {
  test.each([
    ['lcov that declares more lines than it holds', () => readLcov(LCOV.replace('LF:3', 'LF:4'), 's')],
    ['lcov that declares more hits than it holds', () => readLcov(LCOV.replace('LH:2', 'LH:3'), 's')],
    ['lcov without an end', () => readLcov(LCOV.replace('end_of_record\n', ''), 's')],
    ['lcov with another section before the end', () => readLcov(LCOV.replace('end_of_record\n', LCOV), 's')],
    [
      'Cobertura that declares more lines than it holds',
      () => readCobertura(COBERTURA('lines-valid="9"'), 's'),
    ],
    ['Cobertura with entities', () => readCobertura(`<!DOCTYPE a [<!ENTITY x "y">]>${COBERTURA()}`, 's')],
    [
      'Istanbul without a statement’s count',
      () => readIstanbul(JSON.stringify({ 'a.ts': { ...ISTANBUL['a.ts'], s: {} } }), 's'),
    ],
    [
      'Istanbul that sums up to something else',
      () => readIstanbul('{"total":{"lines":{"total":9,"covered":9}}}', 's'),
    ],
  ])('for %s', (_name, read) => {
    expect(read).toThrow(/^s: /)
  })
})
