import { describe, expect, test } from 'vitest'
import { readSarif } from './index.ts'

const rules = [
  { id: 'scored', properties: { 'security-severity': '7.5' } },
  { id: 'worded', properties: { severity: 'CRITICAL' } },
  { id: 'levelled', defaultConfiguration: { level: 'note' } },
  { id: 'plain' },
  { id: 'nonsense', properties: { 'security-severity': 'very' }, defaultConfiguration: { level: 'note' } },
]

const log = (result: Record<string, unknown>, driver: Record<string, unknown> = { name: 't', rules }) =>
  JSON.stringify({
    version: '2.1.0',
    runs: [{ tool: { driver }, results: [{ message: { text: 'm' }, ...result }] }],
  })

const severity = (result: Record<string, unknown>) =>
  readSarif(log(result), 'sample')[0]?.findings[0]?.severity

describe('the severity of a SARIF result', () => {
  test.each([
    ['is its rule’s score', { ruleId: 'scored' }, 'high'],
    [
      'is its own score before its rule’s',
      { ruleId: 'scored', properties: { 'security-severity': 9.9 } },
      'critical',
    ],
    ['is its rule’s word', { ruleId: 'worded' }, 'critical'],
    ['is its rule’s level', { ruleId: 'levelled' }, 'low'],
    ['is its own level before its rule’s', { ruleId: 'levelled', level: 'error' }, 'high'],
    ['is found by the rule’s index', { ruleIndex: 0 }, 'high'],
    ['is its parent rule’s for a rule within a rule', { ruleId: 'scored/deep' }, 'high'],
    ['is none where nobody gives one', { ruleId: 'plain' }, 'unrated'],
    ['is none where the score is no number', { ruleId: 'nonsense' }, 'unrated'],
    ['is none for a rule that is nowhere', { ruleId: 'unheard' }, 'unrated'],
  ])('%s', (_name, result, expected) => {
    expect(severity(result)).toBe(expected)
  })
})

describe('a SARIF result', () => {
  test.each([
    ['that passed', { kind: 'pass' }],
    ['that a newer scan no longer found', { baselineState: 'absent' }],
  ])('%s is no finding', (_name, more) => {
    expect(readSarif(log({ ruleId: 'scored', ...more }), 'sample')[0]?.findings).toEqual([])
  })

  test('that waits for a review is a finding', () => {
    expect(readSarif(log({ ruleId: 'scored', kind: 'review' }), 'sample')[0]?.findings).toHaveLength(1)
  })

  test('that is suppressed with a reason is set aside, and is still told', () => {
    const suppressions = [{ kind: 'external', status: 'accepted', justification: 'the input is a constant' }]
    const [scan] = readSarif(log({ ruleId: 'scored', suppressions }), 'sample')
    expect([scan?.findings.length, scan?.suppressed.length]).toEqual([0, 1])
  })

  test('keeps its key from one scan to the next', () => {
    const keyOf = () => readSarif(log({ ruleId: 'scored' }), 'sample')[0]?.findings[0]?.key
    expect(keyOf()).toBe(keyOf())
  })
})
