import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readState } from '../../gonogo/engine/journal.ts'
import { openLog } from '../../gonogo/engine/workspace.ts'
import { makeDemoKey } from '../../gonogo/evidence/signatures.ts'
import { startLoad } from '../../gonogo/targets/contract/load.ts'
import { type OpenTarget, openTarget } from '../../gonogo/targets/open-target.ts'
import { artifactDigest } from '../../gonogo/targets/processes/artifact-digest.ts'

const SERVICE = fileURLToPath(new URL('../service', import.meta.url))
const CHECKLIST = fileURLToPath(new URL('./small-checklist.yaml', import.meta.url))
const PROCESS = fileURLToPath(new URL('./deployment-process.ts', import.meta.url))
const FACTOR = 10
const RUN_LIMIT_MS = 60_000
const PEOPLE = { ada: 'deployment-lead', cy: 'security-lead', eve: 'engineering-lead', bo: 'sre-on-call' }
const TARGET = {
  kind: 'processes',
  listen: '127.0.0.1:0',
  replicas: 2,
  drainMs: 1000,
  readyTimeoutMs: 10_000,
  components: {
    web: {
      command: ['node', 'main.ts'],
      env: { PORT: '${port}', VERSION: '${version}' },
      ready: '/ready',
      public: true,
    },
  },
}

let root = ''
let target: OpenTarget

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gonogo-crash-'))
  await mkdir(join(root, 'keys'))
  await mkdir(join(root, 'releases'))
  const people: Record<string, unknown> = {}
  for (const [id, role] of Object.entries(PEOPLE)) {
    const { publicKeyLine, privateKeyPem } = makeDemoKey(id)
    await writeFile(join(root, 'keys', `${id}.pem`), privateKeyPem)
    people[id] = { name: id, contact: `${id}@crash.internal`, roles: [role], keys: [publicKeyLine] }
  }
  const service = {
    gonogo: 1,
    service: 'web',
    checklist: CHECKLIST,
    environments: { production: { target: TARGET } },
    people,
    policy: {
      steps: [
        { weight: 50, wait: '5s' },
        { weight: 100, wait: '5s' },
      ],
      watch: '2s',
      firstHour: '1s',
      rollback: { window: '5s', warmUp: '1s', interval: '1s' },
    },
  }
  await writeFile(join(root, 'gonogo.yaml'), JSON.stringify(service))
  target = await openTarget(
    'production',
    service.environments.production,
    join(root, '.gonogo/environments/production'),
    root,
  )
  await writeRelease('1.0.0')
  const digest = await artifactDigest(SERVICE)
  await target.deploy({ version: '1.0.0', artifact: SERVICE, digest, replicas: 2, config: {} }, 'first')
  await target.setWeights({ '1.0.0': 100 }, 'first-weight')
  await target.promote('1.0.0', 'first-stable')
}, 60_000)

afterAll(async () => {
  await target.stop?.()
  await rm(root, { recursive: true, force: true })
})

async function writeRelease(version: string): Promise<void> {
  const release = {
    release: 1,
    version,
    commit: 'c'.repeat(40),
    type: 'feature',
    risk: 'low',
    strategy: 'canary',
    components: ['gateway'],
    window: { start: '2020-01-01T00:00:00Z', end: '2040-01-01T00:00:00Z', timeZone: 'Etc/UTC' },
    artifact: SERVICE,
    digest: await artifactDigest(SERVICE),
  }
  await writeFile(join(root, 'releases', `${version}.yaml`), JSON.stringify(release))
}

type Ran = {
  killed: boolean
  boundaries: number
  names: string[]
  id: string
  status: string
  stderr: string
}

const since = Date.now()

function run(version: string, killAt: number): Promise<Ran> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    PROCESS,
    root,
    version,
    String(killAt),
    String(since),
    String(FACTOR),
  ]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: RUN_LIMIT_MS }, (error, stdout, stderr) => {
      if (error && (error as { signal?: string }).signal === 'SIGKILL')
        return resolve({ killed: true, boundaries: 0, names: [], id: '', status: '', stderr })
      if (error) return reject(new Error(`the deployment of ${version} ended: ${error.message} ${stderr}`))
      resolve({ killed: false, stderr, ...JSON.parse(stdout) })
    })
  })
}

/** What a deployment did, without the version in it. */
function effectsOf(id: string): string[] {
  const store = openLog(root)
  const state = readState(store, id)
  store.close()
  return Object.values(state?.effects ?? {}).map(
    (e) => `${e.key.replace(/1\.\d+\.0/g, 'V')} ${e.settled?.ok}`,
  )
}

test('killed at every boundary and started again, a canary ends as it would have, and no request is lost', async () => {
  const load = startLoad((await target.observe()).url)
  await writeRelease('1.1.0')
  const whole = await run('1.1.0', 0)
  expect(whole.status).toBe('success')
  expect(whole.boundaries).toBeGreaterThan(20)
  const expected = effectsOf(whole.id)
  for (let killAt = 1; killAt <= Number(process.env.CRASH_MOST ?? whole.boundaries); killAt++) {
    const version = `1.${killAt + 1}.0`
    const at = `killed at ${killAt} (${whole.names[killAt - 1]})`
    await writeRelease(version)
    const killed = await run(version, killAt)
    expect(killed.killed, at).toBe(true)
    const resumed = await run(version, 0)
    expect(resumed.status, at).toBe('success')
    expect(effectsOf(resumed.id), at).toEqual(expected)
    const world = await target.observe()
    expect(world.stable, at).toBe(version)
    expect(world.weights[version], at).toBe(100)
    expect(
      world.instances.map((i) => i.version),
      at,
    ).toEqual([version, version])
  }
  const seen = await load.stop()
  expect(seen.failed).toEqual([])
}, 600_000)
