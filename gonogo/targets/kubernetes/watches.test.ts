import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../contract/load.ts'
import { clusterApi } from './cluster-api.ts'
import { FakeWatchApi } from './fake-watch-api.ts'
import { Watches } from './watches.ts'

let fake: FakeWatchApi
let watches: Watches
beforeEach(async () => {
  fake = await FakeWatchApi.start()
})
afterEach(async () => {
  await watches?.close()
  await fake.close()
})

function api() {
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    // The client takes plain HTTP only so.
    { name: 'fake', server: fake.url, skipTLSVerify: true },
    { name: 'gonogo', token: 'fake' },
  )
  return clusterApi(config, 'prod')
}

async function watching(by = api()): Promise<void> {
  watches = new Watches(by, 'web', [{ kind: 'HTTPRoute', name: 'web' }])
  await until('everything is watched', () => watches.isCurrent)
}

const pods = () =>
  watches
    .pods()
    .map(({ metadata }) => metadata?.name)
    .sort()
    .join(' ')
const asked = (isWatch: boolean) =>
  fake.asked.filter((one) => one.path.endsWith('/pods') && one.isWatch === isWatch)

describe('a watch', () => {
  test('tells what is there, and each change', async () => {
    fake.put('a')
    await watching()
    expect(pods()).toBe('a')
    const changed = watches.next()
    fake.put('b')
    await changed
    await until('the change is known', () => pods() === 'a b')
    fake.remove('a')
    await until('the change is known', () => pods() === 'b')
  })

  test('that is closed while it begins keeps no connection, and so no process', async () => {
    for (let n = 0; n < 5; n++) {
      watches = new Watches(api(), 'web', [{ kind: 'HTTPRoute', name: 'web' }])
      await until('some are watched', () => fake.watched > 0)
      await watches.close()
      await until('none is watched', () => fake.watched === 0)
    }
  })

  for (const goneAs of ['event', 'status'] as const)
    test(`whose start the API has forgotten (410 as ${goneAs}) reads all again, and nothing is lost`, async () => {
      fake.goneAs = goneAs
      fake.put('a')
      fake.put('b')
      await watching()
      const changed = watches.next()
      fake.forget(() => {
        fake.remove('a')
        fake.put('c')
      })
      await changed
      await until('what changed meanwhile is known', () => pods() === 'b c')
      await until('everything is watched', () => watches.isCurrent)
      expect(asked(false)).toHaveLength(2)
      fake.put('d')
      await until('the change is known', () => pods() === 'b c d')
    })

  test('is not taken for current until all is read again', async () => {
    fake.put('a')
    await watching()
    let answer = () => {}
    fake.holdLists(new Promise<void>((resolve) => (answer = resolve)))
    fake.forget(() => fake.remove('a'))
    await until('it reads again', () => asked(false).length === 2)
    expect(watches.isCurrent).toBe(false)
    answer()
    await until('everything is watched', () => watches.isCurrent)
    expect(pods()).toBe('')
  })

  test('that the API ends goes on where it ended, soon, however often that happens', async () => {
    await watching()
    for (let n = 1; n < 5; n++) {
      fake.endWatches()
      // The library waits for 1, 2, 4 … 30 seconds, which nobody who watches a canary has.
      await until('it is watched again', () => asked(true).length > n, 1500)
    }
    fake.put('a')
    await until('the change is known', () => pods() === 'a')
    expect(asked(false)).toHaveLength(1)
  }, 20_000)
})

test('a plugin that gives no credentials for a moment ends no process, and then nothing is missing', async () => {
  const by = api()
  const authenticate = by.config.applySecurityAuthentication.bind(by.config)
  const plugin = { isBroken: false, failed: 0 }
  by.config.applySecurityAuthentication = async (call) => {
    if (!plugin.isBroken) return authenticate(call)
    plugin.failed++
    // The library takes a watch that timed out for one that may be begun again at once.
    throw new DOMException('the plugin does not answer', 'TimeoutError')
  }
  await watching(by)
  plugin.isBroken = true
  fake.endWatches()
  fake.put('a')
  await until('every watch has asked it', () => plugin.failed >= 6)
  expect(plugin.failed).toBeLessThan(20)
  expect(watches.isCurrent).toBe(false)
  plugin.isBroken = false
  await until('everything is watched', () => watches.isCurrent)
  expect(pods()).toBe('a')
})

test('what may not be watched is said, until it may', async () => {
  fake.forbidden = '/services'
  watches = new Watches(api(), 'web', [{ kind: 'HTTPRoute', name: 'web' }])
  await until('it is said', () => watches.refused !== null)
  expect(watches.refused).toMatch(
    /^nothing is noticed: gonogo may not watch Service here; see: gonogo doctor/,
  )
  expect(watches.isCurrent).toBe(false)
  fake.forbidden = ''
  await until('everything is watched', () => watches.isCurrent)
  expect(watches.refused).toBeNull()
})

describe('an API that throttles', () => {
  test('is not asked for a list again before it wants to be, and then nothing is missing', async () => {
    fake.put('a')
    fake.throttle(5, 2)
    await watching()
    expect(pods()).toBe('a')
    const [first, second] = asked(false)
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1990)
  })

  test('is not asked for a watch again within a second, and then nothing is missing', async () => {
    await watching()
    fake.throttle(5, 1)
    fake.endWatches()
    fake.put('a')
    await until('the change is known', () => pods() === 'a')
    const [, refused, taken] = asked(true)
    expect((taken?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(990)
    await until('everything is watched', () => watches.isCurrent)
  })

  test('is waited for by whoever asks it for anything', async () => {
    fake.put('a')
    fake.throttle(1, 1)
    expect(await api().list('v1', 'Pod', '')).toHaveLength(1)
    const [first, second] = asked(false)
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990)
  })
})
