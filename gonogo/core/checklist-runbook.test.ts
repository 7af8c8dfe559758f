import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checklistSchema } from './checklist.ts'
import { fillTemplate, TEMPLATE_NAMES } from './checklist-runbook.ts'

const file = new URL('../../checklists/clawdbot-production.yaml', import.meta.url)
const { runbook, queries } = checklistSchema.parse(parse(readFileSync(file, 'utf8'))).appendices
const values = Object.fromEntries(TEMPLATE_NAMES.map((name) => [name, `a-${name}`]))

/** The words that a shell makes of a text, by the shell itself; redirections and pipes are not run. */
function parses(command: string): boolean {
  return spawnSync('sh', ['-n', '-c', command]).status === 0
}

test('the runbook has the eleven commands of the document, for every kind of target', () => {
  expect(runbook.map((step) => step.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  for (const step of runbook) expect(Object.keys(step.commands)).toEqual(['kubernetes', 'processes'])
})

test('every command parses in a shell and stands on one line', () => {
  const commands = [
    ...runbook.flatMap((step) => Object.values(step.commands).flat()),
    ...queries.filter((query) => query.language === 'shell').map((query) => query.text),
  ].map((text) => fillTemplate(text, values))
  for (const command of commands) {
    expect(command).not.toMatch(/\n|\{\{/)
    expect(parses(command), command).toBe(true)
  }
})

test('the pod phase query hands kubectl one jsonpath word', () => {
  const query = queries.find((q) => q.key === 'pod-phase')?.text ?? ''
  const words = spawnSync('sh', ['-c', `kubectl() { printf '%s\\n' "$@"; }; ${fillTemplate(query, values)}`])
  expect(String(words.stdout).trim().split('\n').at(-1)).toBe(
    'jsonpath={range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}',
  )
})

test('a name without a value stays visible', () => {
  expect(fillTemplate('docker pull {{image}}', {})).toBe('docker pull {{image}}')
})

test('a template with a name that nobody fills is refused', () => {
  const step = {
    number: 1,
    part: 'Deployment',
    title: 'x',
    commands: { kubernetes: ['kubectl {{nmspace}}'] },
  }
  const parsed = checklistSchema.shape.appendices.safeParse({ runbook: [step] })
  expect(parsed.error?.issues[0]?.message).toContain('no such name: nmspace')
})
