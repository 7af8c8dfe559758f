import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checklistSchema, itemsOf } from './checklist.ts'
import { describeWhen } from './when.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const checklist = checklistSchema.parse(parse(read('checklists/clawdbot-production.yaml')))
const items = itemsOf(checklist)
const sections = checklist.phases.flatMap((phase) => phase.sections)

/** The rows `| id | item | when | role |` of the project's own table. */
const table = read('docs/checklist-ids.md')
  .split('\n')
  .filter((line) => /^\| [0-9AR]/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

test('the file holds exactly the items of the document, in its order, with their conditions and roles', () => {
  expect(items.map(({ item }) => [item.id, item.title, describeWhen(item.when), item.role])).toEqual(table)
})

test('no id stands twice', () => {
  const ids = items.map(({ item }) => item.id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('each section has as many items as in the document', () => {
  const counts = Object.fromEntries(sections.map((section) => [section.id, section.items.length]))
  expect(counts).toEqual({
    '1.1': 7,
    '1.2': 8,
    '1.3': 8,
    '1.4': 7,
    '2.1': 5,
    '2.2': 7,
    '2.3': 6,
    '2.4': 6,
    '3.1': 0,
    '3.2': 5,
    '3.3.1': 6,
    '3.3.2': 8,
    '3.3.3': 4,
    '3.3.4': 7,
    '4.1': 5,
    '4.2': 6,
    '4.3': 6,
    '4.3-communication': 5,
    '4.4': 6,
    rollback: 7,
    'A.1': 5,
    'A.2': 5,
    'A.3': 5,
    'A.4': 5,
  })
  expect(items).toHaveLength(139)
})

test('an item stands in the section that its id names', () => {
  for (const { item, section } of items) {
    const home = section.id === 'rollback' ? 'R' : section.id.replace('-communication', '')
    expect(item.id.startsWith(home), `${item.id} in ${section.id}`).toBe(true)
  }
})

test('each gate has the votes that open it, and execution asks the three leads', () => {
  const gates = Object.fromEntries(checklist.phases.map((phase) => [phase.id, phase.gate?.votes]))
  expect(gates).toEqual({
    planning: ['deployment-lead'],
    preparation: ['deployment-lead'],
    execution: ['deployment-lead', 'security-lead', 'engineering-lead'],
    watch: ['deployment-lead', 'sre-on-call', 'engineering-manager'],
    rollback: undefined,
    appendix: undefined,
  })
  expect(items.filter(({ item }) => item.strict).map(({ item }) => item.id)).toEqual(['3.2.1'])
})

test('the closing blocks are those of the document', () => {
  const { closing, escalation, external, rollbackCriteria } = checklist
  expect(closing.successCriteria).toHaveLength(6)
  expect(closing.statistics.map((row) => row.title)).toEqual([
    'Deployment Duration',
    'Error Rate',
    'Latency p95',
    'Rollback Required',
    'Downtime',
    'Issues Found',
  ])
  expect(closing.approval).toEqual(['deployment-lead', 'security-lead', 'engineering-manager'])
  expect(closing.postDeployment).toEqual(['deployment-lead', 'sre-on-call', 'engineering-manager'])
  expect(closing.finalStatus.map((row) => row.title)).toEqual([
    'Success',
    'Success with Issues',
    'Rolled Back',
  ])
  expect(rollbackCriteria).toHaveLength(6)
  expect(escalation).toHaveLength(6)
  expect(external).toHaveLength(3)
})

test('a blank has one place, and the item it is filled from exists', () => {
  const ids = new Set(items.map(({ item }) => item.id))
  const shared = [checklist.header, ...sections.map((section) => section.blanks)].flat()
  expect(new Set(shared.map((blank) => blank.key)).size).toBe(shared.length)
  for (const { item } of items) expect(new Set(item.blanks.map((b) => b.key)).size).toBe(item.blanks.length)
  for (const { from } of shared) if (from) expect(ids, from).toContain(from)
})

test('an item that names a stage or a gate of its own belongs to the appendix or needs staging', () => {
  const moved = items.filter(({ item }) => item.stage || item.gate).map(({ item }) => item.id)
  expect(moved).toEqual(['1.2.4', '1.2.5', '1.2.6', 'A.3.2'])
})
