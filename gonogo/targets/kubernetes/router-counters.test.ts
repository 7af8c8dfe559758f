import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RouterCounters, routerCounters } from './router-counters.ts'
import { emptyState, type SavedState, savedStateSchema } from './saved-state.ts'
import type { Slot } from './slots.ts'

type Count = { readonly requests: number; readonly errors?: number }

/** What the router's page says of each slot's Service; `away` and `hanging` say how it does not answer. */
const page = {
  counts: {} as Partial<Record<Slot, Count>>,
  answers: 'well' as 'well' | 'away' | 'hanging',
  asked: 0,
  startedS: 0,
  /** While it is set, an answer that was made waits for it. */
  held: null as Promise<void> | null,
}
const server = createServer(async (_request, response) => {
  page.asked++
  if (page.answers === 'hanging') return
  if (page.answers === 'away') {
    response.writeHead(503).end('away')
    return
  }
  const text = textOf(page.counts)
  await page.held
  response.end(text)
})
let url = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
/** The page is not answered until the function that this answers is called. */
function holdPage(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  page.held = promise
  return resolve
}
beforeEach(() => Object.assign(page, { counts: {}, answers: 'well', asked: 0, held: null, startedS: 1000 }))

function textOf(counts: typeof page.counts): string {
  const series = Object.entries(counts).flatMap(([slot, { requests, errors = 0 }]) => {
    const name = slot === 'stable' ? 'web' : `web-${slot}`
    const service = `httproute-prod-web-0-svc-prod-${name}-1@kubernetesgateway`
    const total = (code: string, count: number) =>
      `traefik_service_requests_total{code="${code}",method="GET",protocol="http",service="${service}"} ${count}`
    const bucket = (le: string, count: number) =>
      `traefik_service_request_duration_seconds_bucket{service="${service}",le="${le}"} ${count}`
    return [
      total('200', requests - errors),
      total('500', errors),
      bucket('0.1', requests),
      bucket('+Inf', requests),
    ]
  })
  return [
    '# TYPE traefik_service_requests_total counter',
    '# TYPE traefik_service_request_duration_seconds histogram',
    ...series,
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${page.startedS}`,
    '',
  ].join('\n')
}

const workload = (version: string) => ({ version, artifact: 'x', digest: 'x', replicas: 1, config: {} })

/** Counters over a state with these versions in their slots. */
function counting(versions: Readonly<Record<string, Slot>>, weights: Record<string, number> = {}) {
  const state: SavedState = { ...emptyState(), weights }
  const hold = (version: string, slot: Slot) => {
    state.versions[version] = { workload: workload(version), manifests: [], desired: 1, slot }
  }
  for (const [version, slot] of Object.entries(versions)) hold(version, slot)
  const counters = routerCounters({
    router: { kind: 'traefik', metrics: url },
    namespace: 'prod',
    service: 'web',
    state: () => state,
  })
  return { state, hold, counters }
}

const told = async (counters: RouterCounters) => {
  const { complete, instances } = await counters.sample()
  const counts = instances.map(({ version, instance, requests, errors }) => [
    `${version} in ${instance}`,
    [requests, errors],
  ])
  return { complete, ...(Object.fromEntries(counts) as Record<string, [number, number]>) }
}

test('the last request of a version is as old as the reading that first had it', async () => {
  const { counters } = counting({ '1.1.0': 'canary' })
  const readAfter = async (requests: number) => {
    page.counts = { canary: { requests } }
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
  page.counts = { canary: { requests: 6 } }
  await expect.poll(() => (counters.lastRequestAt('1.1.0') ?? 0) > (first.last ?? 0)).toBe(true)
  endWatch()
  expect(counters.lastRequestAt('1.0.0')).toBeNull()
})

describe('what a Service had counted for the version before it', () => {
  test('counts for nobody, also where the router is away when the next one comes', async () => {
    const { state, hold, counters } = counting({ '1.1.0': 'canary' }, { '1.1.0': 5 })
    page.counts = { canary: { requests: 90, errors: 60 } }
    expect(await told(counters)).toEqual({ complete: true, '1.1.0 in canary 1': [90, 60] })
    delete state.versions['1.1.0']
    page.answers = 'away'
    counters.handOver('canary')
    hold('1.2.0', 'canary')
    await counters.takeBases()
    expect(counters.takeUnread()).toMatch(/answered 503\): a version that took a place over is counted from/)
    expect(counters.takeUnread()).toBe('')
    await expect(counters.sample()).rejects.toThrow('503')
    page.answers = 'well'
    page.counts = { canary: { requests: 94, errors: 61 } }
    state.weights = { '1.2.0': 5 }
    expect(await told(counters)).toMatchObject({ complete: true, '1.2.0 in canary 1': [0, 0] })
    page.counts = { canary: { requests: 104, errors: 61 } }
    expect(await told(counters)).toMatchObject({
      '1.2.0 in canary 1': [10, 0],
      '1.1.0 in canary 1': [90, 60],
    })
  }, 15_000)

  test('is still to be read after gonogo was started again, and by one that knows no such thing', async () => {
    const { state, counters } = counting({ '1.2.0': 'canary' })
    counters.handOver('canary')
    const saved = savedStateSchema.parse(JSON.parse(JSON.stringify(state)))
    const again = routerCounters({
      router: { kind: 'traefik', metrics: url },
      namespace: 'prod',
      service: 'web',
      state: () => saved,
    })
    page.counts = { canary: { requests: 90, errors: 60 } }
    expect(await told(again)).toMatchObject({ '1.2.0 in canary 1': [0, 0] })
    expect(saved.unbased).toEqual({})
    const { unbased: _, ...old } = emptyState()
    expect(savedStateSchema.parse(old).unbased).toEqual({})
  })

  test('is read as soon as the router answers, within the time that it is tried', async () => {
    const { state, counters } = counting({ '1.2.0': 'stable' }, { '1.2.0': 100 })
    page.answers = 'away'
    counters.handOver('stable')
    const taking = counters.takeBases()
    await expect.poll(() => page.asked).toBeGreaterThan(1)
    page.answers = 'well'
    page.counts = { stable: { requests: 7 } }
    await taking
    expect(state.bases['stable 1']).toMatchObject({ requests: 7 })
    expect(counters.takeUnread()).toBe('')
  })

  test('is not read off a page from before the Service changed hands', async () => {
    const { state, hold, counters } = counting({ '1.0.0': 'stable' }, { '1.0.0': 100 })
    page.counts = { stable: { requests: 50, errors: 40 } }
    const letGo = holdPage()
    const late = counters.sample()
    await expect.poll(() => page.asked).toBe(1)
    page.held = null
    page.counts = { stable: { requests: 80, errors: 70 } }
    delete state.versions['1.0.0']
    counters.handOver('stable')
    hold('1.1.0', 'stable')
    state.weights = { '1.1.0': 100 }
    letGo()
    expect(await late).toMatchObject({ complete: false, instances: [] })
    expect(await told(counters)).toEqual({ complete: true, '1.1.0 in stable 1': [0, 0] })
  })

  test('is forgotten with a router that was started again, and its numbers never fall twice', async () => {
    const { counters } = counting({ '1.1.0': 'stable' }, { '1.1.0': 100 })
    page.counts = { stable: { requests: 50, errors: 1 } }
    counters.handOver('stable')
    await counters.takeBases()
    page.counts = { stable: { requests: 45 } }
    expect(await told(counters)).toMatchObject({ '1.1.0 in stable 1': [45, 0] })
    page.counts = { stable: { requests: 60, errors: 2 } }
    expect(await told(counters)).toMatchObject({ '1.1.0 in stable 1': [60, 2] })
  })
})

describe('a router of which another process answers', () => {
  test('is counted from zero where it was started after the last reading, also past what was counted before', async () => {
    const { counters } = counting({ '1.1.0': 'stable' }, { '1.1.0': 100 })
    page.counts = { stable: { requests: 50, errors: 40 } }
    counters.handOver('stable')
    await counters.takeBases()
    page.startedS = Date.now() / 1000 + 1
    page.counts = { stable: { requests: 60, errors: 41 } }
    expect(await told(counters)).toMatchObject({ complete: true, '1.1.0 in stable 1': [60, 41] })
  })

  test('gives nobody what one had counted that was running already, and goes on from there', async () => {
    const { counters } = counting({ '1.1.0': 'stable' }, { '1.1.0': 100 })
    page.counts = { stable: { requests: 50 } }
    counters.handOver('stable')
    await counters.takeBases()
    page.startedS = 900
    page.counts = { stable: { requests: 7000, errors: 6000 } }
    expect(await told(counters)).toMatchObject({ '1.1.0 in stable 1': [0, 0] })
    page.counts = { stable: { requests: 7010, errors: 6000 } }
    expect(await told(counters)).toMatchObject({ '1.1.0 in stable 1': [10, 0] })
    page.startedS = 1000
    page.counts = { stable: { requests: 61 } }
    expect(await told(counters)).toMatchObject({ '1.1.0 in stable 1': [0, 0] })
  })

  test('is known after gonogo was started again', async () => {
    const { state, counters } = counting({ '1.1.0': 'stable' }, { '1.1.0': 100 })
    page.counts = { stable: { requests: 50 } }
    counters.handOver('stable')
    await counters.takeBases()
    const saved = savedStateSchema.parse(JSON.parse(JSON.stringify(state)))
    const router = { kind: 'traefik' as const, metrics: url }
    const again = routerCounters({ router, namespace: 'prod', service: 'web', state: () => saved })
    page.counts = { stable: { requests: 52 } }
    expect(await told(again)).toMatchObject({ '1.1.0 in stable 1': [2, 0] })
    const third = routerCounters({ router, namespace: 'prod', service: 'web', state: () => saved })
    page.startedS = 900
    page.counts = { stable: { requests: 7000, errors: 6000 } }
    expect(await told(third)).toMatchObject({ '1.1.0 in stable 1': [0, 0] })
  })
})

test('an answer that comes late takes back nothing that a later one told', async () => {
  const { counters } = counting({ '1.0.0': 'stable', '1.1.0': 'canary' }, { '1.0.0': 100 })
  page.counts = { canary: { requests: 5 } }
  const letGo = holdPage()
  const late = counters.sample()
  await expect.poll(() => page.asked).toBe(1)
  page.held = null
  page.counts = { canary: { requests: 9 } }
  await counters.sample()
  letGo()
  await late
  page.counts = { stable: { requests: 1 } }
  expect(await told(counters)).toMatchObject({ '1.1.0 in canary 1': [9, 0] })
})

test('requests that were on their way when a version left its slot are its own', async () => {
  const { state, hold, counters } = counting({ '1.1.0': 'canary' }, { '1.1.0': 100 })
  page.counts = { canary: { requests: 20 } }
  await counters.sample()
  counters.handOver('stable')
  hold('1.1.0', 'stable')
  page.counts = { canary: { requests: 23 }, stable: { requests: 0 } }
  await counters.remember('canary')
  page.counts = {}
  expect(await told(counters)).toMatchObject({ '1.1.0 in canary 1': [23, 0] })
  expect(state.unbased).toEqual({})
})

test('whoever goes back waits for no router, and is told what was not read', async () => {
  const { counters } = counting({ '1.0.0': 'stable', '1.1.0': 'canary' }, { '1.0.0': 50, '1.1.0': 50 })
  page.answers = 'hanging'
  // A promotion is under way, and asks.
  counters.handOver('previous')
  const promoting = counters.takeBases()
  const startedAt = performance.now()
  const endWatch = counters.watchClosely()
  await promoting
  await counters.remember('canary')
  counters.handOver('stable')
  await counters.takeBases()
  expect(performance.now() - startedAt).toBeLessThan(200)
  endWatch()
  const unread = counters.takeUnread()
  expect(unread).toContain('the last requests to web-canary are counted for nobody')
  expect(unread).toContain('counted from the next reading on')
})
