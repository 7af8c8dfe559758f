import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-simulate-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

function simulate(file: string, ...args: string[]): Promise<Ran> {
  const command = ['--disable-warning=ExperimentalWarning', MAIN, '-f', file, 'simulate', ...args]
  return new Promise((done) =>
    execFile(process.execPath, command, { timeout: 20_000 }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  )
}

/** The repository's own service with another policy and traffic, in a folder of its own. */
function serviceFile(name: string, change: (text: string) => string): string {
  const file = join(folder, name)
  const text = readFileSync(join(ROOT, 'gonogo.yaml'), 'utf8')
  writeFileSync(file, change(text.replace('checklist: checklists/', `checklist: ${ROOT}checklists/`)))
  return file
}
const checklistSteps = (text: string): string =>
  text
    .replace(/policy:\n(?: .*\n)+/, '')
    .replace(/traffic: .*/, 'traffic: { requestsPerSecond: 200, errorRate: 0.1 }')

test('one JSON document says how healthy and faulty deployments end under the policy, the same for the same seed', async () => {
  const file = serviceFile('good.yaml', checklistSteps)
  const page = join(folder, 'page.html')
  const args = ['--deployments', '30', '--faults', '5,100', '--no-rivals', '--page', page, '--json']
  const first = await simulate(file, ...args)
  expect(first.code).toBe(0)
  const { answers, traffic, steps } = JSON.parse(first.stdout)
  expect(steps.map((step: { weight: number }) => step.weight)).toEqual([5, 25, 50, 100])
  expect(traffic).toMatchObject({ requestsPerSecond: 200, errorRate: 0.001 })
  expect(answers.map((a: { errorRate: number | null }) => a.errorRate)).toEqual([null, 0.05, 1])
  expect(answers[0].rolledBack).toBe(0)
  expect(answers[2]).toMatchObject({ rolledBack: 30, held: 0 })
  expect(existsSync(page)).toBe(true)
  expect((await simulate(file, ...args)).stdout).toBe(first.stdout)
})

test('a policy whose waits are too short for its traffic is said to hold, and what would help', async () => {
  const file = serviceFile('short.yaml', (text) =>
    text.replace(/traffic: .*/, 'traffic: { requestsPerSecond: 1, errorRate: 1 }'),
  )
  const { code, stdout } = await simulate(
    file,
    '--deployments',
    '20',
    '--no-rivals',
    '--page',
    join(folder, 'p.html'),
  )
  expect(code).toBe(0)
  expect(stdout).toMatch(/holds 100 % for lack of evidence: longer waits/)
})

test.each([
  [['--risk', 'wild'], '--risk wild is none of low, medium, high, critical'],
  [['--faults', '5,200'], '--faults 5,200: each is a per cent above 0 and up to 100'],
  [['--measure', 'soon'], '--measure soon is no duration such as 30s'],
])('%j is refused in one line', async (args, said) => {
  const { code, stdout, stderr } = await simulate(serviceFile('flags.yaml', checklistSteps), ...args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain(said)
})

test('without traffic in the service file it says what to add', async () => {
  const { code, stderr } = await simulate(
    serviceFile('none.yaml', (text) => text.replace(/traffic: .*\n/, '')),
  )
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /none\.yaml: traffic is missing; add traffic: \{ requestsPerSecond: 100, errorRate: 0\.1 \}, or measure it/,
  )
})
