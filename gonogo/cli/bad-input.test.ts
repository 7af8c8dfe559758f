import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const ROOT = resolve(MAIN, '../../..')
const RELEASE = {
  release: 1,
  version: '1.0.0',
  commit: 'c'.repeat(40),
  type: 'feature',
  risk: 'low',
  strategy: 'canary',
  components: ['gateway'],
  artifact: '.',
  digest: `sha256:${'0'.repeat(64)}`,
}

let folder = ''
let good = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-cli-'))
  good = readFileSync(join(ROOT, 'gonogo.yaml'), 'utf8').replace(
    'checklist: checklists/',
    `checklist: ${ROOT}/checklists/`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Ran = { code: number; stdout: string; stderr: string }

function gonogo(...args: string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, ...args],
      { cwd: folder, timeout: 20_000 },
      (error, stdout, stderr) => done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

async function withService(text: string, ...args: string[]): Promise<Ran> {
  writeFileSync(join(folder, 'gonogo.yaml'), text)
  return gonogo(...args)
}

describe('exit codes', () => {
  it('0: done and good', async () => {
    const ran = await withService(good, 'plan', '--json')
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.stdout).counts.items).toBe(139)
  })

  it.each([
    ['broken YAML', () => `${good}\n  - : [`, /gonogo\.yaml:\d+/],
    [
      'an unknown key',
      () => good.replace('staging: staging', 'stagging: staging'),
      /stagging.*did you mean staging/,
    ],
    ['an unknown item', () => good.replace(/["']1\.1\.1["']:/, "'1.1.99':"), /1\.1\.99/],
    [
      'a person in two voting roles',
      () => good.replace('roles: [deployment-lead]', 'roles: [deployment-lead, security-lead]'),
      /ada|Ada/,
    ],
    [
      'a threshold below zero',
      () => good.replace('mode: sequential,', 'mode: sequential, errorRate: -1,'),
      /errorRate/,
    ],
    ['weights that do not end at 100', () => good.replace('weight: 100', 'weight: 90'), /100/],
  ])('2: %s, named with file and line, and nothing started', async (_name, text, expected) => {
    expect(text()).not.toBe(good)
    const ran = await withService(text(), 'plan')
    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(expected)
    expect(ran.stderr).toMatch(/gonogo\.yaml:\d+:\d+/)
    expect(ran.stderr).not.toMatch(/\n\s+at /)
    expect(ran.stdout).toBe('')
  })

  it('2: a release that does not exist', async () => {
    const ran = await withService(good, 'deploy', '9.9.9')
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(/9\.9\.9/)
  })

  it('2: a window that has ended', async () => {
    const window = { start: '2020-01-01T00:00:00Z', end: '2020-01-02T00:00:00Z', timeZone: 'Etc/UTC' }
    writeFileSync(join(folder, '1.0.0.yaml'), JSON.stringify({ ...RELEASE, window }))
    const text = good.replace('releases: .gonogo/demo/releases', 'releases: .')
    const ran = await withService(text, 'deploy', '1.0.0')
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(/1\.0\.0\.yaml:\d+:\d+.*window/)
    expect(existsSync(join(folder, '.gonogo'))).toBe(false)
  })

  it('2: an unknown verb or option', async () => {
    expect((await gonogo('deplay')).code).toBe(2)
    expect((await gonogo('plan', '--nonsense')).code).toBe(2)
  })

  it('1: a bundle that is none', async () => {
    expect((await gonogo('verify', folder)).code).toBe(1)
  })
})
