import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isOwnCluster } from '#connectors/kubernetes/kube-config.ts'
import { textSource } from '#connectors/prometheus-text/index.ts'
import { metricsSettingsSchema, type TextSettings, wayToInstances } from '#core/metrics-settings.ts'
import type { Instance } from '../target.ts'
import { podRelay } from './relay.ts'

const TEXT = `# TYPE http_requests_total counter
http_requests_total{status="200"} 7
http_requests_total{status="500"} 2
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="+Inf"} 9
`
const status = (code: number, message: string) => ({
  code,
  text: JSON.stringify({ kind: 'Status', message }),
})

/** The part of an API server that leads to pods; it knows one identity. */
const api = createServer((request: IncomingMessage, response: ServerResponse) => {
  const { code, text } = answerTo(request)
  if (text !== null) response.writeHead(code).end(text)
})
function answerTo({ url, headers }: IncomingMessage): { code: number; text: string | null } {
  if (headers.authorization !== 'Bearer let-me-in')
    return status(403, 'pods "web-1" is forbidden: User "ada" cannot get resource "pods/proxy"')
  const [, pod] = /^\/api\/v1\/namespaces\/prod\/pods\/([^/]+)\/proxy\/metrics$/.exec(url ?? '') ?? []
  if (pod === 'web-1:8080' || pod === 'https:web-tls:8443') return { code: 200, text: TEXT }
  if (pod === 'web-hangs:8080') return { code: 200, text: null }
  if (pod === 'web-lost:8080') return status(503, 'error trying to reach service: connection refused')
  return status(404, 'pods "web-gone" not found')
}
beforeAll(async () => {
  api.listen(0, '127.0.0.1')
  await once(api, 'listening')
})
afterAll(() => {
  api.closeAllConnections()
  api.close()
})

const settings = metricsSettingsSchema.parse({ source: 'instances' }) as TextSettings
const instance = (id: string, url = 'http://10.0.0.9:8080') => ({ id, url }) as Instance

function through(pods: readonly Instance[], token = 'let-me-in') {
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [
      { name: 'c', server: `http://127.0.0.1:${(api.address() as AddressInfo).port}`, skipTLSVerify: true },
    ],
    users: [{ name: 'u', token }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  })
  const relay = podRelay(config, 'prod')
  const asked = pods.map((one) => ({ version: '1.0.0', instance: one.id, url: relay.addressOf(one) }))
  return textSource(settings, async () => asked, relay.reach)
}

describe('pods through the API server', () => {
  test('are read as they are by their addresses, also those that speak TLS', async () => {
    const { complete, instances } = await through([
      instance('web-1'),
      instance('web-tls', 'https://10.0.0.9:8443'),
    ]).sample()
    expect(complete).toBe(true)
    expect(instances.map((one) => [one.instance, one.requests, one.errors])).toEqual([
      ['web-1', 9, 2],
      ['web-tls', 9, 2],
    ])
  })

  test('that are gone or cannot be reached are missing, and what is told is not complete', async () => {
    const pods = [instance('web-1'), instance('web-gone'), instance('web-lost')]
    const { complete, instances } = await through(pods).sample()
    expect(complete).toBe(false)
    expect(instances.map((one) => one.instance)).toEqual(['web-1'])
    await expect(through([instance('web-lost')]).sample()).rejects.toThrow(
      /answered 503: error trying to reach/,
    )
  })

  test('need a permission, and the error names it', async () => {
    await expect(through([instance('web-1')], 'nobody').sample()).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('answered 403: pods "web-1" is forbidden: User "ada" cannot get'),
    })
  })

  test('have the same time as others, and are let go when somebody says so', async () => {
    const startedAt = performance.now()
    const { complete, instances } = await through([instance('web-1'), instance('web-hangs')]).sample()
    expect(performance.now() - startedAt).toBeLessThan(3000)
    expect([complete, instances.length]).toEqual([false, 1])
    const hanging = through([instance('web-hangs')]).sample(AbortSignal.timeout(50))
    await expect(hanging).rejects.toThrow(/abort|timeout/i)
  })
})

test('a pod’s own address is known to lead to it only inside the cluster that is deployed to', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }
  expect(isOwnCluster('https://10.96.0.1:443', env)).toBe(true)
  expect(isOwnCluster('https://kubernetes.default.svc', env)).toBe(true)
  expect(isOwnCluster('https://10.96.0.1:6443', env)).toBe(false)
  expect(isOwnCluster('https://api.elsewhere.example', env)).toBe(false)
  expect(isOwnCluster('https://[fd00::1]:443', { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' })).toBe(true)
  expect(isOwnCluster('https://10.96.0.1:443', {})).toBe(false)
  expect(wayToInstances({}, true)).toBe('api-server')
  expect(wayToInstances({ via: 'address' }, true)).toBe('address')
  expect(wayToInstances({ via: 'api-server' }, false)).toBe('api-server')
})
