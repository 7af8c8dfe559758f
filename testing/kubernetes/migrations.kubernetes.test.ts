import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDeploymentOf } from '../../gonogo/engine/open-deployment.ts'
import { openLog } from '../../gonogo/engine/workspace.ts'
import { startLoad } from '../../gonogo/targets/contract/load.ts'
import { kubernetesConfigSchema } from '../../gonogo/targets/kubernetes/config.ts'
import { openKubernetesTarget } from '../../gonogo/targets/kubernetes/kubernetes-target.ts'
import type { World } from '../crash/world.ts'
import { kubectl } from './commands.ts'
import { makeNamespace, targetIn } from './contract-world.ts'
import { makeKubernetesPlace } from './deployment-world.ts'
import { type MigrationServer, startMigrationServer } from './migration-server.ts'
import { IMAGE, testImage } from './test-image.ts'

/** A gonogo that is started again begins with the intent, the second boundary, and then has the effect done. */
const AFTER_MIGRATION = 3
const CHECKLIST = fileURLToPath(new URL('../crash/small-checklist.yaml', import.meta.url))

let database: MigrationServer
let world: World
let namespace = ''
beforeAll(async () => {
  database = await startMigrationServer()
  world = await makeKubernetesPlace(CHECKLIST, { migration: { manifest: database.manifest } })
  const service = JSON.parse(readFileSync(join(world.root, 'gonogo.yaml'), 'utf8'))
  namespace = service.environments.production.target.namespace
}, 120_000)
afterAll(async () => {
  await world?.close()
  database?.close()
}, 90_000)
beforeEach(() => {
  database.runs.length = 0
  database.answer = (run, response) => response.end(`${run}: applied\n`)
})

const migrating = { flags: { migrations: true }, schemaVersion: 3, backwardCompatible: false }
const effectsOf = (id: string) => Object.values(world.stateOf(id).effects)
const effect = (id: string, key: string) => effectsOf(id).find((one) => one.key === key)
const jobs = () => kubectl(['get', 'jobs,pods', '-l', 'gonogo.dev/migrates', '-o', 'name', '-n', namespace])

/** With users, without whom nothing could be said of a new version. */
async function withUsers<T>(work: () => Promise<T>): Promise<T> {
  const load = startLoad((await world.target.observe()).url)
  try {
    return await work()
  } finally {
    await load.stop()
  }
}

test('a release migrates by a Job of its image before its pods start, and no Job is left', async () => {
  await world.writeRelease('1.1.0', migrating)
  const { status, id } = await withUsers(() => world.run('1.1.0'))
  expect(status).toBe('success')
  expect(database.runs).toEqual(['up 3'])
  const keys = effectsOf(id).map(({ key }) => key)
  expect(keys.indexOf('migrate:up')).toBeLessThan(keys.indexOf('deploy:1.1.0'))
  expect(effect(id, 'migrate:up')?.settled?.detail).toMatch(
    /Job web-migrate-up-\w+ has migrated.*up 3: applied/s,
  )
  await expect.poll(jobs).toBe('')
}, 180_000)

test('a rollback migrates down by a Job once traffic is back; one that fails is tried again', async () => {
  await world.writeRelease('1.2.0', { ...migrating, config: { errors: '0.5', behaviour: 'good' } })
  let downs = 0
  database.answer = (run, response) => {
    if (run.startsWith('down') && ++downs === 1) response.statusCode = 500
    response.end(`${run}: ${response.statusCode}\n`)
  }
  const { status, id } = await withUsers(() => world.run('1.2.0'))
  expect(status).toBe('rolled-back')
  expect(database.runs).toEqual(['up 3', 'down 3', 'down 3'])
  const [back, down] = ['revert:1.1.0', 'migrate:down'].map((key) => effect(id, key))
  expect(back?.settled?.at).toBeLessThanOrEqual(down?.intendedAt ?? 0)
  expect(down).toMatchObject({ attempts: 2, failures: 1, settled: { ok: true } })
  await expect.poll(jobs).toBe('')
}, 180_000)

test('a migration that fails ends the deployment at once, in its own last words, and nothing was deployed', async () => {
  await world.writeRelease('1.3.0', migrating)
  database.answer = (_run, response) => {
    response.statusCode = 500
    response.end('column pinned exists already\n')
  }
  const { status, id } = await withUsers(() => world.run('1.3.0'))
  expect(status).toBe('rolled-back')
  expect(database.runs).toEqual(['up 3'])
  expect(effect(id, 'migrate:up')?.settled).toMatchObject({
    code: 'migration-failed',
    detail: expect.stringMatching(/exit code 4.*column pinned exists already/s),
  })
  expect(effectsOf(id).map(({ key }) => key)).not.toContain('deploy:1.3.0')
}, 180_000)

/** How often gonogo has begun the migration of the deployment that is open. */
function attempts(): number {
  const store = openLog(world.root)
  try {
    return openDeploymentOf(store, 'production')?.state.effects['migrate:up']?.attempts ?? 0
  } finally {
    store.close()
  }
}

test('killed while the Job runs, and again when it has ended, gonogo finds it and does not run it twice', async () => {
  await world.writeRelease('1.4.0', migrating)
  let finish = (): void => undefined
  const begun = new Promise<void>((resolve) => {
    database.answer = (run, response) => {
      finish = () => void response.end(`${run}: applied late\n`)
      resolve()
    }
  })
  await withUsers(async () => {
    expect((await world.run('1.4.0', 0, begun)).killed).toBe(true)
    expect(database.runs).toEqual(['up 3'])
    const again = world.run('1.4.0', AFTER_MIGRATION)
    // The second gonogo has taken the migration up, which still runs.
    await expect.poll(attempts, { timeout: 60_000 }).toBe(2)
    finish()
    expect((await again).killed).toBe(true)
    const { status, id } = await world.run('1.4.0')
    expect(status).toBe('success')
    expect(database.runs).toEqual(['up 3'])
    expect(effect(id, 'migrate:up')).toMatchObject({ attempts: 3, settled: { ok: true } })
  })
}, 240_000)

const of = (version: string, digest: string) => ({
  version,
  artifact: `${IMAGE}@${digest}`,
  digest,
  replicas: 0,
  config: {},
})

test('it meets the restricted standard, and what keeps it from starting is said in the cluster’s words', async () => {
  const digest = testImage()
  const own = await makeNamespace()
  await kubectl(['label', 'namespace', own.name, 'pod-security.kubernetes.io/enforce=restricted'])
  const config = kubernetesConfigSchema.parse({
    ...targetIn(own),
    migration: { manifest: database.manifest, limitMs: 5000 },
  })
  const opened = await openKubernetesTarget({ name: 'test', folder: tmpdir(), root: tmpdir(), config })
  if (!opened.ok || !opened.target.migrate) throw new Error('the target cannot be opened')
  const { migrate, close } = opened.target
  const run = (workload: ReturnType<typeof of>, key: string) =>
    migrate({ workload, direction: 'up', to: null }, key)
  try {
    expect(await run(of('1.0.0', digest), 'd-1/migrate:up')).toMatchObject({ ok: true })
    // The same call again is answered by the Job as it ended.
    expect(await run(of('1.0.0', digest), 'd-1/migrate:up')).toMatchObject({ ok: true })
    expect(database.runs).toEqual(['up '])
    const missing = `sha256:${'0'.repeat(64)}`
    expect(await run(of('1.1.0', missing), 'd-2/migrate:up')).toMatchObject({ ok: false, code: 'no-image' })
    database.answer = () => undefined
    expect(await run(of('1.2.0', digest), 'd-3/migrate:up')).toMatchObject({
      ok: false,
      code: 'migration-failed',
      detail: expect.stringContaining('DeadlineExceeded'),
    })
  } finally {
    await close()
    // Its route has the address of the world's, which is there still; nobody waits for an answer of 404.
    await kubectl(['delete', 'httproute,gateway', '--all', '-n', own.name])
    await kubectl(['delete', 'namespace', own.name, '--wait=false'])
  }
}, 120_000)
