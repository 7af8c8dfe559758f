import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askTimes, startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { down, status, up } from './cluster.ts'
import { apply, kubectl, run } from './commands.ts'
import { daemons } from './daemons.ts'
import { withoutOurs } from './leftovers.ts'
import { BRIDGE, HOME, ROUTER_PORT } from './places.ts'
import { IMAGE, testImage } from './test-image.ts'

const NAMESPACE = 'cluster-test'
const URL_OF_ROUTE = `http://127.0.0.1:${ROUTER_PORT}`

const deployment = (name: string, version: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'web',
            image: `${IMAGE}@${testImage()}`,
            imagePullPolicy: 'Never',
            env: Object.entries({ VERSION: version, PORT: '8080', HOST: '0.0.0.0' }).map(([key, value]) => ({
              name: key,
              value,
            })),
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
            // The router needs a moment to hear that an endpoint is about to go.
            lifecycle: { preStop: { sleep: { seconds: 1 } } },
          },
        ],
      },
    },
  },
})

const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: NAMESPACE },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
})

const route = (weights: Readonly<Record<string, number>>) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace: NAMESPACE },
  spec: {
    parentRefs: [{ name: 'gateway' }],
    rules: [{ backendRefs: Object.entries(weights).map(([name, weight]) => ({ name, port: 80, weight })) }],
  },
})

const gateway = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'gateway', namespace: NAMESPACE },
  spec: { gatewayClassName: 'traefik', listeners: [{ name: 'web', port: ROUTER_PORT, protocol: 'HTTP' }] },
}

const applyAll = (objects: readonly object[]) =>
  apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
const rolledOut = (name: string) =>
  kubectl(['rollout', 'status', `deployment/${name}`, '-n', NAMESPACE, '--timeout=60s'])

beforeAll(async () => {
  await up(() => undefined)
  await kubectl(['create', 'namespace', NAMESPACE])
  await applyAll([
    gateway,
    ...['stable', 'canary'].flatMap((name) => [deployment(name, name), service(name)]),
  ])
  await Promise.all(['stable', 'canary'].map(rolledOut))
}, 120_000)

afterAll(() => down(), 120_000)

describe('the test cluster', () => {
  test('shares requests between real pods exactly by the weights of a route', async () => {
    for (const weight of [5, 25, 50, 100]) {
      await applyAll([route({ stable: 100 - weight, canary: weight })])
      await until(`the route gives ${weight} %`, async () => {
        const { byVersion } = await askTimes(URL_OF_ROUTE, 100)
        return (byVersion.canary ?? 0) === weight
      })
    }
  })

  test('rolls a Deployment out and back without losing a request', async () => {
    await applyAll([route({ stable: 100 })])
    await until('all traffic is on the stable version', async () => {
      const { byVersion } = await askTimes(URL_OF_ROUTE, 20)
      return byVersion.stable === 20
    })
    const load = startLoad(URL_OF_ROUTE)
    await applyAll([deployment('stable', 'next')])
    await rolledOut('stable')
    await kubectl(['rollout', 'undo', 'deployment/stable', '-n', NAMESPACE])
    await rolledOut('stable')
    const seen = await load.stop()
    expect(seen.failed).toEqual([])
    expect(Object.keys(seen.byVersion).sort()).toEqual(['next', 'stable'])
  }, 120_000)

  test('is the same cluster when it is brought up again, and says what runs', async () => {
    const uid = () => kubectl(['get', 'namespace', NAMESPACE, '-o', 'jsonpath={.metadata.uid}'])
    const before = await uid()
    await up(() => undefined)
    expect(await uid()).toBe(before)
    const { parts, ready } = await status()
    expect(ready).toBe(true)
    expect(Object.keys(parts)).toContain('traefik')
  }, 60_000)

  test('leaves nothing behind', async () => {
    await down()
    expect(daemons()).toEqual([])
    expect(existsSync(HOME)).toBe(false)
    expect(existsSync(`/sys/class/net/${BRIDGE}`)).toBe(false)
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(HOME)
    const rules = await run('iptables-save', [])
    expect(withoutOurs(rules)).toBe(rules)
    expect(existsSync('/sys/fs/cgroup/memory/kubepods')).toBe(false)
  }, 60_000)
})
