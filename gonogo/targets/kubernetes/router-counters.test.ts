import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { routerCounters } from './router-counters.ts'
import { emptyState } from './saved-state.ts'

let counted = 0
const server = createServer((_request, response) => {
  const service = 'httproute-prod-web-0-svc-prod-web-canary-1@kubernetesgateway'
  const labels = `{code="200",method="GET",protocol="http",service="${service}"}`
  const bucket = `traefik_service_request_duration_seconds_bucket{service="${service}",le="+Inf"} ${counted}`
  const total = `traefik_service_requests_total${labels} ${counted}`
  response.end(`# TYPE traefik_service_requests_total counter\n${total}\n${bucket}\n`)
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

test('the last request of a version is as old as the reading that first had it', async () => {
  const workload = { version: '1.1.0', artifact: 'x', digest: 'x', replicas: 1, config: {} }
  const state = {
    ...emptyState(),
    versions: { '1.1.0': { workload, manifests: [], desired: 1, slot: 'canary' as const } },
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const counters = routerCounters({ url, namespace: 'prod', service: 'web', state: () => state })
  const readAfter = async (requests: number) => {
    counted = requests
    const before = Date.now()
    await counters.sample()
    return { before, last: counters.lastRequestAt('1.1.0') }
  }
  expect((await readAfter(0)).last).toBeNull()
  const first = await readAfter(5)
  expect(first.last).toBeGreaterThanOrEqual(first.before)
  expect((await readAfter(5)).last).toBe(first.last)
  // An answer that was on its way for longer says nothing new, and neither does the next one after it.
  expect((await readAfter(4)).last).toBe(first.last)
  expect((await readAfter(5)).last).toBe(first.last)
  const endWatch = counters.watchClosely()
  counted = 6
  await expect.poll(() => (counters.lastRequestAt('1.1.0') ?? 0) > (first.last ?? 0)).toBe(true)
  endWatch()
  expect(counters.lastRequestAt('1.0.0')).toBeNull()
})
