import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import {
  drillEnvironment,
  drillInstance,
  drillStable,
  observing,
} from '../../gonogo/checks/drill-situation.ts'
import { kubernetesConfigSchema } from '../../gonogo/targets/kubernetes/config.ts'
import { plannedChanges } from '../../gonogo/targets/kubernetes/planned-changes.ts'
import { type CheckWorld, makeCheckWorld } from './check-world.ts'
import { kubeconfig } from './places.ts'

const NAMESPACE = `e-secrets-${process.pid}`
const PASSWORD = 'only-the-test-knows-this'
const ANNOTATION = 'vault.test/version'

let world: CheckWorld
beforeAll(async () => {
  world = await makeCheckWorld({
    namespace: NAMESPACE,
    container: {
      envFrom: [{ secretRef: { name: 'database' } }, { configMapRef: { name: 'settings' } }],
    },
  })
  const file = await readFile(new URL('../../deploy/gonogo/backup.yaml', import.meta.url), 'utf8')
  await world.apply(
    ...parseAllDocuments(file).map((one) => one.toJS() as object),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'database', annotations: { [ANNOTATION]: '1' } },
      stringData: { PASSWORD },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { LEVEL: 'info' } },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'web' },
      spec: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
    },
  )
  await world.kubeconfigOf('gonogo-backup')
  await world.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s'])
}, 120_000)
afterAll(() => world.end())

const identity = { kubeconfig: 'gonogo-backup.kubeconfig' }

describe('by the backup identity alone', () => {
  test('1.2.3 tells how old a value may be from metadata, and that touching it makes it no younger', async () => {
    const config = { ...identity, annotation: ANNOTATION }
    const first = await world.try('1.2.3', config)
    expect(`${first.verdict}: ${first.summary}`).toBe('pass: 1 Secrets, the oldest value 0 days old at most')
    const later = { now: () => Date.now() + 91 * 86_400_000 }
    await world.kubectl(['annotate', 'secret', 'database', 'touched=today'])
    expect(await world.try('1.2.3', config, later)).toMatchObject({ verdict: 'fail' })
    const before = { ...first, evidence: [], atMs: Date.now() + 90 * 86_400_000 }
    const seen = { ...later, previousResultOf: () => before }
    expect(await world.try('1.2.3', config, seen)).toMatchObject({ verdict: 'fail' })
    await world.kubectl(['annotate', '--overwrite', 'secret', 'database', `${ANNOTATION}=2`])
    expect(await world.try('1.2.3', config, seen)).toMatchObject({ verdict: 'pass' })
    await world.kubectl(['annotate', 'secret', 'database', `${ANNOTATION}-`])
    expect(await world.try('1.2.3', config)).toMatchObject({ verdict: 'unknown' })
  })

  test('2.1.2 keeps ConfigMaps and Secrets encrypted, and finds one in clear text', async () => {
    await world.write('backup.key', 'k'.repeat(32))
    await chmod(join(world.folder, 'backup.key'), 0o600)
    const { version, digest } = drillStable()
    const stableWorkload = { version, digest, artifact: '.', replicas: 1, config: {} }
    const overrides = { environment: drillEnvironment({ target: observing([], { stableWorkload }) }) }
    const config = { folder: 'backups', keyFile: 'backup.key', ...identity }
    const kept = await world.try('2.1.2', config, overrides)
    expect(`${kept.verdict}: ${kept.summary}`).toMatch(/^pass/)
    expect(kept.claim).toMatchObject({
      digests: { 'ConfigMap settings': expect.any(String), 'Secret database': expect.any(String) },
    })
    expect(JSON.stringify(kept)).not.toContain(PASSWORD)
    const same = await world.try('2.1.2', { ...config, kubeconfig: kubeconfig('admin') }, overrides)
    expect(`${same.verdict}: ${same.summary}`).toMatch(/^fail: .* deploys and reads Secrets/)
    await mkdir(join(world.folder, 'backups'), { recursive: true })
    const dump = await world.kubectl(['get', 'secret', 'database', '-o', 'yaml'])
    await writeFile(join(world.folder, 'backups', 'dump.yaml'), dump)
    const open = await world.try('2.1.2', config, overrides)
    expect(`${open.verdict}: ${open.summary}`).toBe('fail: dump.yaml holds a secret in clear text')
  })
})

const instancesOf = async () => {
  const { items } = JSON.parse(await world.kubectl(['get', 'pods', '-l', 'app=web', '-o', 'json']))
  return (items as { metadata: { name: string } }[]).map(({ metadata }) =>
    drillInstance({ id: metadata.name, digest: world.digest, component: 'web' }),
  )
}

test('2.1.3 writes down images, revisions and routes', async () => {
  const { version } = drillStable()
  const stableWorkload = { version, digest: world.digest, artifact: '.', replicas: 1, config: {} }
  const instances = (await instancesOf()).map((one) => ({ ...one, version }))
  const target = observing(instances, { stableWorkload })
  const state = await world.try('2.1.3', {}, { environment: drillEnvironment({ target }) })
  expect(`${state.verdict}: ${state.summary}`).toMatch(/^pass/)
  expect(state.claim).toMatchObject({
    deployments: [{ name: 'web', revision: '1', replicas: 1, images: [{ name: 'web', image: world.image }] }],
    routes: [{ kind: 'HTTPRoute', name: 'web' }],
  })
})

test('3.3.4.4 takes what pods use from their kubelet, by the kubelet’s own clock', async () => {
  const instances = await instancesOf()
  const baseline = {
    version: '1.0.0',
    requests: 1,
    errors: 0,
    windowMs: 1000,
    p50: [0, 1],
    p95: [0, 1],
    p99: [0, 1],
    memoryBytes: { web: 2 ** 30 },
    cpu: { web: 1 },
    roundTripMs: null,
  }
  const overrides = {
    environment: drillEnvironment({ target: observing(instances), candidates: async () => instances }),
    resultOf: () => ({ verdict: 'pass' as const, claim: baseline, summary: '', evidence: [], atMs: 0 }),
  }
  const config = (memory: string) => ({ limits: { memory, cpu: '1' }, window: '25s' })
  const used = await world.try('3.3.4.4', config('512Mi'), overrides)
  expect(`${used.verdict}: ${used.summary}`).toMatch(/^pass: at most \d+ MiB and 0\.\d+ cores an instance/)
  const over = await world.try('3.3.4.4', config('1Mi'), overrides)
  expect(`${over.verdict}: ${over.summary}`).toMatch(/^fail: web-\S+: memory \d+ MiB, more than its limit/)
}, 120_000)

test('a plan’s diff tells what would change, and changes nothing', async () => {
  const manifest = await readFile(join(world.folder, 'web.yaml'), 'utf8')
  await world.write('next.yaml', manifest.replace('"value":"1.0.0"', '"value":"1.1.0"'))
  await world.write('migration.yaml', JSON.stringify(MIGRATION))
  await world.apply(routeTo('web'))
  const all = () => world.kubectl(['get', 'deployments,services,configmaps,httproutes,jobs', '-o', 'json'])
  const before = await all()
  const config = kubernetesConfigSchema.parse({
    kind: 'kubernetes',
    kubeconfig: kubeconfig('admin'),
    namespace: NAMESPACE,
    routes: [{ name: 'web' }],
    url: 'http://web.invalid',
    components: { web: { manifest: 'next.yaml', public: true } },
    migration: { manifest: 'migration.yaml' },
  })
  const workload = {
    version: '1.1.0',
    artifact: world.image,
    digest: world.digest,
    replicas: 3,
    config: { level: 'debug' },
  }
  const migration = { workload, direction: 'up', to: 2 } as const
  const planned = { config, root: world.folder, workload }
  const changes = await plannedChanges(planned, { firstWeight: 5, migration })
  expect(changes.map(({ kind, name, action }) => `${action} ${kind} ${name}`)).toEqual([
    'create Job web-migrate-up-…',
    expect.stringMatching(/^create ConfigMap web-config-/),
    'create Service web-canary',
    'create Deployment web-canary',
    'change HTTPRoute web',
    'change Service web',
    'change Deployment web',
  ])
  expect(changes.at(-1)?.lines).toEqual(
    expect.arrayContaining([
      'spec.replicas: 1 → 3',
      'spec.template.spec.containers[0].env[2].value: "1.0.0" → "1.1.0"',
    ]),
  )
  expect(changes.find(({ when }) => when === 'step')?.lines).toEqual(
    expect.arrayContaining([
      'spec.rules[0].backendRefs[0].weight: 1 → 95',
      'spec.rules[0].backendRefs[1].name: (nothing) → "web-canary"',
    ]),
  )
  expect(await all()).toBe(before)

  await world.apply(routeTo('other'))
  const elsewhere = await plannedChanges(planned, { firstWeight: 5, migration: null })
  expect(elsewhere.find(({ when }) => when === 'step')).toMatchObject({
    action: 'refused',
    lines: ['no rule of it leads to Service web'],
  })
})

const routeTo = (service: string) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'web' },
  spec: { parentRefs: [{ name: 'none' }], rules: [{ backendRefs: [{ name: service, port: 80 }] }] },
})

const MIGRATION = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate' },
  spec: { template: { spec: { containers: [{ name: 'migrate', image: '${image}' }] } } },
}
