import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDeploymentOf } from '#engine/open-deployment.ts'
import { environmentFolder, openLog } from '#engine/workspace.ts'
import { openTarget } from '#targets/open-target.ts'
import { until } from '../targets/contract/load.ts'
import { loadWorkspace } from './load.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const ROOT = resolve(MAIN, '../../..')
const NODE = ['--disable-warning=ExperimentalWarning', MAIN]
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
  window: { start: '2020-01-01T00:00:00Z', end: '2040-01-01T00:00:00Z', timeZone: 'Etc/UTC' },
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-environment-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The repository's own service file and a release, in a folder of its own. */
function prepare(change: (text: string) => string = (text) => text): void {
  const text = readFileSync(join(ROOT, 'gonogo.yaml'), 'utf8')
    .replace('checklist: checklists/', `checklist: ${ROOT}/checklists/`)
    .replace('releases: .gonogo/demo/releases', 'releases: .')
    // The demo makes its certificate itself.
    .replace(/ {6}tls:\n(?: {8}.*\n)+/, '')
  writeFileSync(join(folder, 'gonogo.yaml'), change(text))
  writeFileSync(join(folder, '1.0.0.yaml'), JSON.stringify(RELEASE))
}

type Ran = { code: number; stderr: string }

function deploy(): Promise<Ran> {
  return new Promise((done) => {
    const options = { cwd: folder, timeout: 20_000 }
    execFile(process.execPath, [...NODE, 'deploy', '1.0.0'], options, (error, _stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stderr }),
    )
  })
}

/** Exit 3, and one line that says what is wrong. */
function expectRefused({ code, stderr }: Ran, said: RegExp): void {
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toMatch(said)
  expect(stderr).not.toMatch(/defect/)
  expect(code).toBe(3)
}

test('a port in use', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  prepare((text) => text.replace('listen: 127.0.0.1:0', `listen: 127.0.0.1:${port}`))
  const ran = await deploy()
  server.close()
  expectRefused(ran, /in use/)
})

test('a file where the state’s folder should be', async () => {
  prepare()
  writeFileSync(join(folder, '.gonogo'), '')
  expectRefused(await deploy(), /log\.sqlite: cannot be written/)
})

/** A small disk of our own over the folder, where this machine allows one to be mounted. */
function mount(...options: string[]): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const canMount = ((): boolean => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-mount-'))
  const isMounted = mount('size=64k')
  if (isMounted) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true })
  return isMounted
})()

test.runIf(canMount)('a full disk', async () => {
  mount('size=256k')
  try {
    prepare()
    expect(() => writeFileSync(join(folder, 'filling'), Buffer.alloc(512 * 1024))).toThrow('ENOSPC')
    expectRefused(await deploy(), /the disk is full; free some space/)
  } finally {
    execFileSync('umount', [folder])
  }
})

test.runIf(canMount)('a read-only disk', async () => {
  mount('size=256k')
  try {
    prepare()
    execFileSync('mount', ['-o', 'remount,ro', folder])
    expectRefused(await deploy(), /cannot be written; check the folder's permissions and mount/)
    expect(existsSync(join(folder, '.gonogo'))).toBe(false)
  } finally {
    execFileSync('umount', [folder])
  }
})

test('a second gonogo on the same deployment', { timeout: 60_000 }, async () => {
  prepare()
  const first = spawn(process.execPath, [...NODE, 'deploy', '1.0.0'], { cwd: folder, stdio: 'ignore' })
  try {
    await until('the first has opened its deployment', () => {
      if (!existsSync(join(folder, '.gonogo/log.sqlite'))) return false
      const store = openLog(folder)
      const open = openDeploymentOf(store, 'production')
      const isHeld = open !== null && !store.lease(open.id, 'somebody else', Date.now(), 1).ok
      store.close()
      return isHeld
    })
    expectRefused(await deploy(), /another gonogo|already/)
  } finally {
    if (first.kill('SIGKILL')) await once(first, 'exit')
    const workspace = loadWorkspace(join(folder, 'gonogo.yaml'))
    for (const [name, environment] of Object.entries(workspace.service.environments)) {
      const target = await openTarget(name, environment, environmentFolder(workspace, name), folder)
      await target.stop?.()
    }
  }
})
