import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checklistSchema } from '#core/checklist.ts'
import { serviceSchema } from '#core/service.ts'
import { formatProblem, readYamlFile, readYamlText } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-yaml-'))
afterAll(() => rmSync(folder, { recursive: true }))

const good = `gonogo: 1
service: clawdbot
checklist: clawdbot.yaml
environments:
  production:
    target: { kind: processes }
people:
  ann:
    name: Ann
    contact: ann@example.com
    roles: [deployment-lead]
`

/** The problems of a service file, as a person sees them. */
function saidOf(text: string): string[] {
  const read = readYamlText('gonogo.yaml', text, serviceSchema)
  return read.ok ? [] : read.problems.map(formatProblem)
}

test('a good file is read, with the defaults filled in and every key’s place known', () => {
  const read = readYamlText('gonogo.yaml', good, serviceSchema)
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'))
  expect(read.value.policy.watch).toBe(86_400_000)
  expect(read.source.positionOf(['people', 'ann', 'roles', 0])).toEqual({ line: 11, column: 13 })
  expect(read.source.positionOf(['people', 'ann', 'emails'])).toEqual({ line: 8, column: 3 })
})

test('every problem is one line with file, line, column, key and remedy', () => {
  const cases: [change: string, said: string][] = [
    ['polcy: {}', 'gonogo.yaml:12:1: polcy: no such key; did you mean policy?'],
    ['policy: { wach: 24h }', 'gonogo.yaml:12:11: policy.wach: no such key; did you mean watch?'],
    ['policy: { watch: 24 }', 'gonogo.yaml:12:11: policy.watch: must be a text, not 24'],
    [
      'policy: { watch: a day }',
      'gonogo.yaml:12:11: policy.watch: must be a duration such as 500ms, 90s, 15m, 24h or 7d; it is "a day"',
    ],
    ['sla: { p95Ms: -1 }', 'gonogo.yaml:12:8: sla.p95Ms: must be more than 0; it is -1'],
    [
      'policy: { rollback: { errorRate: 200 } }',
      'gonogo.yaml:12:23: policy.rollback.errorRate: must be at most 100; it is 200',
    ],
    [
      'policy: { rollback: { mode: litteral } }',
      'gonogo.yaml:12:23: policy.rollback.mode: must be sequential, literal; it is "litteral"; did you mean literal?',
    ],
    [
      'policy: { steps: [{ weight: 5, wait: 1s }] }',
      'gonogo.yaml:12:11: policy.steps: the last step must have weight 100',
    ],
    ['policy: { steps: [{ weight: 100 }] }', 'gonogo.yaml:12:19: policy.steps[0].wait: is missing; add it'],
    [
      'freezes: [{ name: x, start: 2026-12-20, end: 2026-12-21T00:00:00Z }]',
      'gonogo.yaml:12:22: freezes[0].start: must be a date and time with its zone, such as 2026-02-14T09:00:00+01:00; it is "2026-12-20"',
    ],
    ['staging:', 'gonogo.yaml:12:1: staging: must be a text, not empty'],
    ['service: other', 'gonogo.yaml:12:1: service: this key stands here a second time; keep one of the two'],
    ['staging: *prod', 'gonogo.yaml:12:10: the alias *prod is refused; write the value out'],
  ]
  for (const [change, said] of cases) expect(saidOf(good + change), change).toEqual([said])
})

test('several problems come in the order of the file', () => {
  const text = good
    .replace('gonogo: 1', 'gonogo: 2')
    .replace('    name: Ann\n', '')
    .replace('deployment-lead', 'deployment-led')
  expect(saidOf(text)).toEqual([
    'gonogo.yaml:1:1: gonogo: must be 1; it is 2',
    'gonogo.yaml:8:3: people.ann.name: is missing; add it',
    expect.stringMatching(
      /^gonogo\.yaml:10:13: people\.ann\.roles\[0\]: must be deployment-lead, .*; it is "deployment-led"; did you mean deployment-lead\?$/,
    ),
  ])
})

test('a wrong id in a record is named by its key', () => {
  expect(saidOf(good.replace('  ann:', '  Ann Lee:'))).toEqual([
    'gonogo.yaml:8:3: people["Ann Lee"]: no such key: must be a text like /^[a-z][a-z0-9-]*$/; it is "Ann Lee"',
  ])
})

test('an alias is refused, so that a small file stays small', () => {
  const bomb = `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`
  expect(saidOf(bomb)).toEqual(['gonogo.yaml:2:8: the alias *a is refused; write the value out'])
})

test('broken YAML is named at its place', () => {
  expect(saidOf('gonogo: 1\nservice: [x\npeople: {}\n')[0]).toMatch(
    /^gonogo\.yaml:3:1: broken YAML: .+; correct the line$/,
  )
  expect(saidOf('gonogo: 1\n\tservice: x\n')[0]).toMatch(/^gonogo\.yaml:2:1: /)
  expect(saidOf(`${good}---\n`)).toEqual([
    'gonogo.yaml:12:1: a second document begins here; one file holds one document',
  ])
  expect(saidOf('')).toEqual(['gonogo.yaml:1:1: the file is empty; write its keys'])
  expect(saidOf('just text')).toEqual(['gonogo.yaml:1:1: must be a block of keys, not "just text"'])
})

test('hostile nesting is refused, not followed', () => {
  expect(saidOf('['.repeat(100_000))).toHaveLength(1)
  expect(saidOf(`${'- '.repeat(60)}x`)[0]).toMatch(/nested deeper than 40 levels/)
  const nested = `phases: [{ sections: [{ items: [{ when: ${'{ any: ['.repeat(30)}{}${'] }'.repeat(30)} }] }] }]`
  expect(readYamlText('c.yaml', nested, checklistSchema).ok).toBe(false)
})

test('a long file is read in time that grows with its length, not with the square of it', () => {
  const keys = Array.from({ length: 60_000 }, (_, i) => `key${i}: 1`).join('\n')
  const said = saidOf(`${keys}\nkey7: 2`)
  expect(said).toEqual(['gonogo.yaml:60001:1: key7: this key stands here a second time; keep one of the two'])
})

test('a message stays on one line whatever the file says', () => {
  const [said] = saidOf(`${good}"new\\nline\\u2028\\e[31m": 1\n`)
  expect(said).toBe(
    'gonogo.yaml:12:1: ["new\\nline \\u001b[31m"]: no such key; remove it, or use one of gonogo, service, checklist, releases, repository, environments, staging, people, sla, policy, traffic, freezes, contacts, audiences, dependencies, checks, drill',
  )
})

test('a file that is missing, a folder, too large or not text is a problem without a line', () => {
  const path = (name: string) => join(folder, name)
  writeFileSync(path('large.yaml'), `x: ${'y'.repeat(1_000_001)}`)
  writeFileSync(path('latin.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]))
  mkdirSync(path('folder.yaml'))
  const codes = ['none.yaml', 'large.yaml', 'latin.yaml', 'folder.yaml', 'nul\0.yaml'].map((name) => {
    const read = readYamlFile(path(name), serviceSchema)
    return read.ok ? 'ok' : read.problems.map((problem) => [problem.code, problem.line])
  })
  expect(codes).toEqual([
    [['file-missing', null]],
    [['file-too-large', null]],
    [['file-unreadable', null]],
    [['file-unreadable', null]],
    [['file-unreadable', null]],
  ])
})
