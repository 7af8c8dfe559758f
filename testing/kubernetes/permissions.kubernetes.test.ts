import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { drillEnvironment, drillRelease } from '../../gonogo/checks/drill-situation.ts'
import { mustDo } from '../../gonogo/targets/contract/world.ts'
import { kubernetesConfigSchema } from '../../gonogo/targets/kubernetes/config.ts'
import { examineCluster } from '../../gonogo/targets/kubernetes/examine.ts'
import { openKubernetesTarget } from '../../gonogo/targets/kubernetes/kubernetes-target.ts'
import { type CheckWorld, makeCheckWorld } from './check-world.ts'
import { kubectl } from './commands.ts'

const NAMESPACE = `e-permissions-${process.pid}`
const CLUSTER_READER = `gonogo-cluster-reader-${NAMESPACE}`
/** Items that need more than a deployment does. */
const BOUND = ['1.3.1', '1.3.2', '1.3.5', '4.2.2']

let world: CheckWorld
const config = () =>
  kubernetesConfigSchema.parse({
    kind: 'kubernetes',
    kubeconfig: 'gonogo.kubeconfig',
    namespace: NAMESPACE,
    routes: [{ name: 'web' }],
    url: 'http://web.invalid',
    readyTimeoutMs: 60_000,
    components: { web: { manifest: 'web.yaml', public: true } },
  })
const examine = () => examineCluster({ config: config(), root: world.folder, bound: BOUND })
const missing = async () => (await examine()).filter(({ ok }) => !ok)

const manifests = (file: string): object[] =>
  parseAllDocuments(readFileSync(new URL(`../../deploy/gonogo/${file}`, import.meta.url), 'utf8')).map(
    (one) => one.toJS(),
  )

beforeAll(async () => {
  world = await makeCheckWorld({ namespace: NAMESPACE })
  await kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/warn=restricted'])
  await world.apply(
    ...manifests('role.yaml').filter((one) => (one as { kind: string }).kind === 'ServiceAccount'),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'web' },
      spec: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
    },
  )
  await world.kubeconfigOf('gonogo')
}, 120_000)
afterAll(async () => {
  await kubectl(['delete', 'clusterrole,clusterrolebinding', CLUSTER_READER, '--ignore-not-found'])
  await world.end()
})

/** As the file has them, by names that no other namespace's take away. */
const clusterReader = () =>
  JSON.parse(
    JSON.stringify(manifests('cluster-reader.yaml'))
      .replaceAll('gonogo-cluster-reader', CLUSTER_READER)
      .replaceAll('clawdbot-prod', NAMESPACE),
  ) as object[]

test('doctor names each permission that is missing, and what is wrong with objects, and is content with the manifests', async () => {
  const before = await missing()
  expect(before.find(({ what }) => what.includes('deployments.apps'))).toMatchObject({
    detail: 'may not get, list, watch, create, patch, delete',
    remedy: `kubectl apply -n ${NAMESPACE} -f deploy/gonogo/role.yaml`,
  })
  await world.apply(...manifests('role.yaml'))
  const cluster = await missing()
  expect(cluster.map(({ detail }) => detail)).toContain('may not list, which 1.3.2 need')
  expect(cluster.find(({ what }) => what === 'Service web')?.detail).toMatch(/add gonogo.dev\/slot: stable/)
  expect(cluster.find(({ what }) => what === 'Deployment web')?.detail).toMatch(
    /gonogo.dev\/version: VERSION/,
  )
  await world.apply(...clusterReader())
  await world.kubectl(['delete', 'deployment,service', 'web'])
  await expect.poll(missing, { timeout: 20_000 }).toEqual([])
  await world.kubectl(['delete', 'httproute', 'web'])
  expect((await missing()).map(({ what }) => what)).toEqual(['HTTPRoute web'])
}, 60_000)

test('every call of the target succeeds with exactly these permissions, and no Secret can be read', async () => {
  await world.apply({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'web' },
    spec: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
  })
  const opened = await openKubernetesTarget({
    name: 'test',
    folder: tmpdir(),
    root: world.folder,
    config: config(),
  })
  if (!opened.ok) throw new Error(opened.detail)
  const { target } = opened
  const workload = (version: string) => ({
    version,
    artifact: world.image,
    digest: world.digest,
    replicas: 1,
    config: { text: version },
  })
  await mustDo(target.claim('d-1'))
  await mustDo(target.deploy(workload('1.0.0'), 'a'))
  await mustDo(target.setWeights({ '1.0.0': 100 }, 'b'))
  await mustDo(target.promote('1.0.0', 'c'))
  await mustDo(target.deploy(workload('1.1.0'), 'd'))
  await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'e'))
  await mustDo(target.setWeights({ '1.1.0': 100 }, 'f'))
  await mustDo(target.promote('1.1.0', 'g'))
  await mustDo(target.revert('1.0.0', '1.1.0', 'h'))
  await mustDo(target.deploy(workload('1.2.0'), 'i'))
  await mustDo(target.setWeights({ '1.2.0': 100 }, 'j'))
  await mustDo(target.promote('1.2.0', 'k'))
  await mustDo(target.cleanup(['1.2.0'], 'l'))
  expect(target.notice?.()?.drift ?? null).toBeNull()
  const [instance] = (await target.observe()).instances
  expect(await target.fetchLog?.(instance?.id ?? '')).toContain('.log')
  await target.unclaim('d-1')
  await target.close()
  const asGonogo = ['--as', `system:serviceaccount:${NAMESPACE}:gonogo`]
  await expect(world.kubectl(['get', 'secrets', ...asGonogo])).rejects.toThrow(/forbidden/i)
  await expect(world.kubectl(['get', 'deployments', '-n', 'kube-system', ...asGonogo])).rejects.toThrow(
    /forbidden/i,
  )
}, 240_000)

test('nothing that gonogo made for a while is left, and a canary that nobody knows of is found', async () => {
  const release = { version: '1.2.0', digest: world.digest }
  const workloads = [{ ...release, artifact: world.image, replicas: 1, config: {} }]
  const environment = drillEnvironment({ target: { observe: async () => ({ workloads }) } as never })
  const overrides = { environment, release: drillRelease({ ...release, config: { text: '1.2.0' } }) }
  const clean = await world.try('4.4.2', {}, overrides)
  expect(`${clean.verdict}: ${clean.summary}`).toMatch(/^pass/)
  const labels = { 'gonogo.dev/of': 'web', 'gonogo.dev/slot': 'canary' }
  await world.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web-canary', labels },
    spec: { ports: [{ port: 80 }] },
  })
  expect((await world.try('4.4.2', {}, overrides)).summary).toMatch(/Service web-canary/)
}, 60_000)

test('the Job that runs gonogo meets the restricted standard of Pod Security', async () => {
  await kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted'])
  const job = manifests('job.yaml').find((one) => (one as { kind: string }).kind === 'Job') as {
    spec: { template: { metadata?: object; spec: object } }
  }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'gonogo' }, spec: job.spec.template.spec }
  const told = await kubectl(
    ['create', '-n', NAMESPACE, '--dry-run=server', '-f', '-', '-o', 'name'],
    JSON.stringify(pod),
  )
  expect(told).toContain('pod/gonogo')
}, 60_000)
