import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CheckWorld, makeCheckWorld } from './check-world.ts'
import { kubectl } from './commands.ts'
import { NODE_NAME } from './places.ts'
import { enforcePolicies } from './policy-enforcer.ts'

const NAMESPACE = `e-environment-${process.pid}`
const REGION = 'kubernetes.io/hostname'

let world: CheckWorld
let cluster = ''
beforeAll(async () => {
  world = await makeCheckWorld({ namespace: NAMESPACE })
  cluster = await kubectl(['get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}'])
  await world.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s'])
}, 120_000)
afterAll(() => world.end())

describe('1.3.1 on a cluster', () => {
  const good = () => ({
    cluster,
    namespace: NAMESPACE,
    version: '1.34',
    region: NODE_NAME,
    regionLabel: REGION,
  })

  test('knows it by its own identity, and no other cluster for it', async () => {
    expect(await world.try('1.3.1', good())).toMatchObject({ verdict: 'pass' })
    const other = { ...good(), cluster: '11111111-2222-4333-8444-555555555555' }
    expect(await world.try('1.3.1', other)).toMatchObject({ verdict: 'fail' })
    expect(await world.try('1.3.1', { ...good(), region: 'elsewhere' })).toMatchObject({ verdict: 'fail' })
    expect(await world.try('1.3.1', { ...good(), regionLabel: 'none' })).toMatchObject({ verdict: 'unknown' })
  })
})

describe('1.3.2 on a cluster', () => {
  test('counts what pods ask for, node by node, and quotas', async () => {
    expect(await world.try('1.3.2', {})).toMatchObject({ verdict: 'pass' })
    // The node has two cores.
    const many = await world.try('1.3.2', { replicas: 200 })
    expect(many).toMatchObject({ verdict: 'fail' })
    expect(many.summary).toMatch(/no node has room for pod \d+ of \d+ of web/)
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '4' } },
    }
    await world.apply(quota)
    await expect
      .poll(async () => (await world.try('1.3.2', {})).summary, { timeout: 20_000 })
      .toMatch(/quota small: pods 1 of 4 is used, and 5 more are needed/)
    await world.kubectl(['delete', 'resourcequota', 'small'])
  })
})

describe('1.3.5 on a cluster', () => {
  const podAddress = () =>
    world.kubectl(['get', 'pods', '-l', 'app', '-o', 'jsonpath={.items[0].status.podIP}'])

  /** The workload may reach itself; a second service is what it must not reach. */
  async function prepare() {
    const read = JSON.parse(await world.kubectl(['get', 'deployment', 'web', '-o', 'json']))
    const labels = { role: 'ledger' }
    const { containers } = read.spec.template.spec
    await world.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'ledger', labels },
      spec: { containers, automountServiceAccountToken: false, terminationGracePeriodSeconds: 1 },
    })
    await world.kubectl(['wait', 'pod/ledger', '--for=condition=Ready', '--timeout=60s'])
    const [allowed, forbidden] = await Promise.all([
      podAddress(),
      world.kubectl(['get', 'pod', 'ledger', '-o', 'jsonpath={.status.podIP}']),
    ])
    await world.apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'web' },
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Ingress', 'Egress'],
        egress: [{ to: [{ ipBlock: { cidr: `${allowed}/32` } }] }],
      },
    })
    return {
      allowed: { host: allowed, port: 8080 },
      forbidden: { host: forbidden, port: 8080 },
      image: world.image,
    }
  }

  test('tells a policy that is enforced from one that is only written down', async () => {
    const config = await prepare()
    const written = await world.try('1.3.5', config)
    expect(written.summary).toMatch(/^policy present, not enforced: .* in 3 of 3 tries/)
    expect(written.verdict).toBe('fail')
    const enforcer = enforcePolicies(NAMESPACE)
    try {
      const enforced = await world.try('1.3.5', { ...config, settle: '6s' })
      expect(`${enforced.verdict}: ${enforced.summary}`).toMatch(/^pass: web select every pod both ways/)
      const nobody = { ...config, forbidden: { ...config.forbidden, port: 9 } }
      const nothing = await world.try('1.3.5', { ...nobody, settle: '6s' })
      expect(`${nothing.verdict}: ${nothing.summary}`).toMatch(/^unknown: nothing listens on/)
    } finally {
      await enforcer.stop()
    }
    const left = await world.kubectl(['get', 'pods', '-l', 'gonogo.dev/probe', '-o', 'name'])
    expect(left).toBe('')
  }, 180_000)
})
