import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routerCounters } from './router-counters.ts'
import { ROUTERS } from './router-kinds.ts'
import { emptyState, type SavedState } from './saved-state.ts'
import type { Slot } from './slots.ts'

/** Fakes of a router's page: samples in the form that its vendor documents. */
const sample = (kind: string) => readFileSync(new URL(`./samples/${kind}.txt`, import.meta.url), 'utf8')

let page = ''
const server = createServer((_request, response) => response.end(page))
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

type Kind = keyof typeof ROUTERS

function counting(kind: Kind) {
  const held: [string, Slot][] = [
    ['1.0.0', 'stable'],
    ['1.1.0', 'canary'],
    ['0.9.0', 'previous'],
  ]
  const workload = (version: string) => ({ version, artifact: 'x', digest: 'x', replicas: 1, config: {} })
  const state: SavedState = {
    ...emptyState(),
    weights: { '1.0.0': 95, '1.1.0': 5 },
    versions: Object.fromEntries(
      held.map(([version, slot]) => [
        version,
        { workload: workload(version), manifests: [], desired: 1, slot },
      ]),
    ),
  }
  const metrics = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const router = { kind, metrics }
  const counters = routerCounters({ router, namespace: 'prod', service: 'web', state: () => state })
  return { state, counters }
}

const told = async (kind: Kind) => {
  const { instances } = await counting(kind).counters.sample()
  return instances.map(({ version, instance, requests, errors }) => [version, instance, requests, errors])
}

test.each([
  [
    'contour',
    [
      ['1.0.0', 'stable 80', 953, 3],
      ['1.1.0', 'canary 80', 50, 10],
      ['1.1.0', 'canary 81', 5, 0],
      ['0.9.0', 'previous 80', 7, 7],
    ],
  ],
  [
    'istio',
    [
      ['1.0.0', 'stable all', 943, 3],
      ['1.1.0', 'canary all', 50, 10],
      ['0.9.0', 'previous all', 7, 7],
    ],
  ],
] as const)(
  '%s: each Service’s requests are its own, and what got no answer failed',
  async (kind, expected) => {
    page = sample(kind)
    expect(await told(kind)).toEqual(expected)
  },
)

test.each([
  // Those of the canary that reached no pod have no duration.
  ['contour', 44],
  ['istio', 50],
] as const)('%s: durations are in milliseconds', async (kind, timed) => {
  page = sample(kind)
  const { instances } = await counting(kind).counters.sample()
  const { buckets } = instances.find(({ version }) => version === '1.1.0') ?? { buckets: [] }
  expect(buckets.find(({ leMs }) => leMs === 10)?.count).toBeGreaterThanOrEqual(30)
  expect(buckets.find(({ leMs }) => leMs === 1000)?.count).toBeLessThan(timed)
  expect(buckets.at(-1)).toEqual({ leMs: Number.POSITIVE_INFINITY, count: timed })
})

test('a version that answers nobody has durations, and none of them is slow', async () => {
  page = sample('contour')
  const { instances } = await counting('contour').counters.sample()
  const dead = instances.find(({ version }) => version === '0.9.0')
  const bounds = instances[0]?.buckets.map(({ leMs }) => leMs)
  expect(dead?.buckets).toEqual(bounds?.map((leMs) => ({ leMs, count: 0 })))
  // One answer that is not timed yet is not known to be fast.
  page = page.replace(
    '# TYPE envoy_cluster_external',
    'envoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="prod_web-previous_80"} 1\n# TYPE envoy_cluster_external',
  )
  const later = await counting('contour').counters.sample()
  expect(later.instances.find(({ version }) => version === '0.9.0')?.buckets).toEqual([])
})

describe.each(Object.entries(ROUTERS) as [Kind, (typeof ROUTERS)[Kind]][])(
  'a page of %s',
  (kind, { names, always }) => {
    test('that has counted nothing yet tells of nothing, and another page is an error that names what is missing', async () => {
      page = `# TYPE ${always} counter\n${always}{component="proxy"} 1\n`
      expect(await told(kind)).toEqual([])
      for (const other of [
        '',
        '<!doctype html><title>404</title>\n',
        `${always}_more 1\n${names.requests}_more 1\n`,
      ]) {
        page = other
        await expect(told(kind)).rejects.toThrow(`there is neither ${names.requests} nor ${always}`)
      }
    })

    test('without durations, or of other Services only, tells no zeros', async () => {
      page = `# TYPE ${names.requests} counter\n${names.requests}{x="y"} 7\n`
      await expect(told(kind)).rejects.toThrow(`there is no metric ${names.duration}`)
      page += `# TYPE ${names.duration} histogram\n`
      expect(await told(kind)).toEqual([])
    })
  },
)

test('what an Envoy had counted is taken when its durations have come, and nothing is told before', async () => {
  page = sample('istio')
  const { state, counters } = counting('istio')
  counters.handOver('canary')
  const early = await counters.sample()
  expect([early.complete, early.instances.some(({ version }) => version === '1.1.0')]).toEqual([false, false])
  state.unbased.canary = Date.now() - ROUTERS.istio.lateMs
  const { complete, instances } = await counters.sample()
  const canary = instances.find(({ version }) => version === '1.1.0')
  expect([complete, canary?.requests, canary?.errors, canary?.buckets.at(-1)?.count]).toEqual([true, 0, 0, 0])
})

test('the age of a process is read as its page has it', () => {
  expect(ROUTERS.contour.startedMs('envoy_server_uptime{} 12\n', 100_000)).toBe(88_000)
  expect(ROUTERS.istio.startedMs('# TYPE envoy_server_uptime gauge\nenvoy_server_uptime 12\n', 100_000)).toBe(
    88_000,
  )
  expect(ROUTERS.traefik.startedMs('process_start_time_seconds 1.7e+09\n', 0)).toBe(1_700_000_000_000)
  expect(ROUTERS.traefik.startedMs('other_process_start_time_seconds 5\n', 0)).toBeNull()
})
