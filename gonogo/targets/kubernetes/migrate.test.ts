import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiException, type KubernetesObject } from '@kubernetes/client-node'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { Migration } from '../target.ts'
import type { ClusterApi, Pod } from './cluster-api.ts'
import { kubernetesConfigSchema } from './config.ts'
import { migrate } from './migrate.ts'
import { type Job, KEY } from './migration-job.ts'

const root = mkdtempSync(join(tmpdir(), 'gonogo-migrate-'))
afterAll(() => rmSync(root, { recursive: true }))
const manifest = {
  kind: 'Job',
  metadata: { name: 'm' },
  spec: { template: { spec: { containers: [{ name: 'm', image: '${image}' }] } } },
}
writeFileSync(join(root, 'job.yaml'), JSON.stringify(manifest))
const config = kubernetesConfigSchema.parse({
  kind: 'kubernetes',
  namespace: 'prod',
  routes: [{ name: 'web' }],
  url: 'http://web.example',
  migration: { manifest: 'job.yaml' },
  components: { web: { manifest: 'web.yaml', public: true } },
})
const digest = `sha256:${'a'.repeat(64)}`
const up: Migration = {
  workload: { version: '1.1.0', artifact: 'x', digest, replicas: 0, config: {} },
  direction: 'up',
  to: 3,
}

/** `late`: it is decided at one look, and failed at the next. */
type Ending = 'Complete' | 'Failed' | 'late' | 'never'

const withCondition = (job: Job, type: string): Job => ({
  ...job,
  status: { conditions: [{ type, status: 'True' }] },
})
const isDecided = (job: Job | undefined): job is Job => job?.status?.conditions?.[0]?.type === 'FailureTarget'

/** Jobs of a namespace, each of which ends as soon as it is looked at a second time. */
function cluster(endings: Ending[]) {
  const jobs = new Map<string, Job>()
  const looks = new Map<string, number>()
  const made: string[] = []
  const world = {
    jobs,
    made,
    pods: [] as Pod[],
    /** How many looks find the API away once the Job is made. */
    away: 0,
    /** Another gonogo makes it a moment before this one. */
    isRaced: false,
    warning: '',
  }
  const create = async (job: Job) => {
    const name = job.metadata?.name ?? ''
    if (jobs.has(name) || world.isRaced) {
      world.isRaced = false
      jobs.set(name, job)
      throw new ApiException(409, 'exists already', '', {})
    }
    jobs.set(name, job)
    made.push(job.metadata?.annotations?.[KEY] ?? '')
    return job
  }
  const read = async (_api: string, _kind: string, name: string) => {
    const job = jobs.get(name)
    if (job && world.away > 0) {
      world.away--
      throw new Error('away')
    }
    if (isDecided(job)) jobs.set(name, withCondition(job, 'Failed'))
    const seen = (looks.get(name) ?? 0) + 1
    looks.set(name, seen)
    if (!job || job.status || seen < 2) return jobs.get(name) ?? null
    const type = endings.shift() ?? 'Complete'
    if (type !== 'never') jobs.set(name, withCondition(job, type === 'late' ? 'FailureTarget' : type))
    return jobs.get(name) ?? null
  }
  const api = {
    read,
    create,
    apply: async (_object: KubernetesObject) => undefined,
    list: async (_api: string, kind: string) => (kind === 'Job' ? [...jobs.values()] : world.pods),
    remove: async (_api: string, _kind: string, name: string) => {
      jobs.delete(name)
      looks.delete(name)
    },
    lastLog: async () => 'a last word',
    lastWarning: async () => world.warning,
  } as unknown as ClusterApi
  const run = (key: string, migration = up) => migrate({ api, config, root, of: 'web' }, migration, key)
  return Object.assign(world, { run })
}

describe('a migration by a Job', () => {
  test('is made once, however often the same call is made', async () => {
    const world = cluster(['Complete'])
    expect(await world.run('d/migrate:up')).toMatchObject({ ok: true })
    expect(await world.run('d/migrate:up')).toMatchObject({ ok: true })
    expect(world.made).toEqual(['d/migrate:up'])
  })

  test('is found where another gonogo, or this one before it died, has made it', async () => {
    const world = cluster(['Complete'])
    world.isRaced = true
    expect(await world.run('d/migrate:up')).toMatchObject({ ok: true })
    expect(world.made).toEqual([])
  })

  test('that failed is answered as it failed, and made anew for another attempt alone', async () => {
    const world = cluster(['Failed', 'Complete'])
    expect(await world.run('d/migrate:up')).toMatchObject({ ok: false, code: 'migration-failed' })
    expect(await world.run('d/migrate:up')).toMatchObject({ ok: false, code: 'migration-failed' })
    expect(world.made).toHaveLength(1)
    expect(await world.run('d/migrate:up#1')).toMatchObject({ ok: true })
    expect(world.made).toEqual(['d/migrate:up', 'd/migrate:up#1'])
  })

  test('is not made beside one that still runs', async () => {
    const world = cluster(['Complete'])
    const other = {
      metadata: { name: 'other', annotations: { [KEY]: 'd-0/migrate:up' } },
      spec: manifest.spec,
    }
    world.jobs.set('other', other as unknown as Job)
    expect(await world.run('d/migrate:up')).toMatchObject({
      ok: false,
      code: 'in-use',
      detail: expect.stringContaining('Job other'),
    })
    expect(world.made).toEqual([])
  })

  test('goes on while the API is away', async () => {
    const world = cluster(['Complete'])
    world.away = 2
    expect(await world.run('d/migrate:up')).toMatchObject({ ok: true })
    expect(world.away).toBe(0)
  })

  test('whose pod cannot start ends at once and cannot start later', async () => {
    const world = cluster(['never', 'never', 'never'])
    const state = { waiting: { reason: 'ErrImagePull', message: 'no such image' } }
    world.pods = [
      {
        metadata: { name: 'p' },
        status: { containerStatuses: [{ name: 'm', restartCount: 0, state }] },
      } as Pod,
    ]
    expect(await world.run('d/migrate:up')).toMatchObject({ ok: false, code: 'no-image' })
    expect(world.jobs.size).toBe(0)
  })

  test.each([
    ['never', 'refused-by-cluster', 'Job web-migrate-up'],
    ['late', 'migration-failed', 'failed'],
  ] as const)('without a pod, which ends so: %s, is answered %s', async (ending, code, words) => {
    const world = cluster([ending])
    world.warning = 'a warning'
    let now = 0
    // More than the time that a Job without a pod is given passes between two looks.
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 11_000))
    const outcome = await world.run('d/migrate:up').finally(() => clock.mockRestore())
    expect(outcome).toMatchObject({ ok: false, code, detail: expect.stringContaining(words) })
  })
})
