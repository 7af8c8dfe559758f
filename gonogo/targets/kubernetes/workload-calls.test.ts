import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { act } from './act.ts'
import { recordOf, worldOf } from './fake-ready-cluster.ts'
import { findStable } from './found-stable.ts'
import { LABELS } from './render.ts'
import type { Manifest, VersionRecord } from './saved-state.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy } from './workload-calls.ts'

type Seen = Awaited<ReturnType<typeof worldOf>>

/** Where the manifest is that `web.yaml` names. */
const root = fileURLToPath(new URL('../../../testing/kubernetes', import.meta.url))

/** The names of all requests from now on. */
function requestsOf({ cluster }: Seen): string[] {
  const requests: string[] = []
  cluster.before = (request) => void requests.push(request)
  return requests
}

/** 1.1.0 was promoted, and 1.0.0 is kept for the way back. */
async function promoted(): Promise<Seen> {
  const seen = await worldOf({ desired: 1, weight: 100 })
  expect(await promote(seen.world, '1.1.0')).toMatchObject({ ok: true })
  expect(seen.cluster.versions()).toEqual({ web: '1.1.0', 'web-previous': '1.0.0' })
  return seen
}

/** The manifest of a component that has a Deployment and nothing else. */
const worker: Manifest = {
  component: 'worker',
  isFound: false,
  objects: [
    {
      kind: 'Deployment',
      metadata: { name: 'worker' },
      spec: {
        template: { metadata: { labels: {} }, spec: { containers: [{ name: 'w', image: '${image}' }] } },
      },
    },
  ],
}
const withWorker = (record: VersionRecord): VersionRecord => ({
  ...record,
  manifests: [...record.manifests, worker],
})

describe.concurrent('calls', { timeout: 20_000 }, () => {
  test('a version that is kept for the way back is deployed anew beside the stable one, not promoted over itself', async () => {
    const seen = await promoted()
    const { workload } = recordOf('1.0.0', 'canary')
    expect(await deploy({ ...seen.world, root }, workload)).toMatchObject({ ok: true })
    expect(seen.cluster.versions()).toEqual({ web: '1.1.0', 'web-canary': '1.0.0' })
    expect(await setWeights(seen.world, { '1.0.0': 100 })).toMatchObject({ ok: true })
    expect(await promote(seen.world, '1.0.0')).toMatchObject({ ok: true })
    expect(seen.cluster.versions()).toEqual({ web: '1.0.0', 'web-previous': '1.1.0' })
  })

  test('nothing is left of a first version whose promotion was broken off', async () => {
    const seen = await worldOf({ desired: 1, weight: 0 })
    const { state, cluster, world } = seen
    // Killed when it had been written into the stable slot, before that was noted.
    const labels = { [LABELS.of]: 'web', [LABELS.slot]: 'stable' }
    delete state.versions['1.0.0']
    Object.assign(state, { stable: null, stableWorkload: null, weights: { '1.1.0': 100 } })
    await cluster.api.apply({ kind: 'Service', metadata: { name: 'web', labels } } as never)
    expect(await cleanup(world, [])).toMatchObject({ ok: true })
    expect(cluster.versions()).toEqual({})
    expect(await cluster.api.list('v1', 'Service', `${LABELS.of}=web`)).toEqual([])
  })

  test('a version that is being deployed when everything is taken away does not come afterwards', async () => {
    const seen = await worldOf({ desired: 1, weight: 0 })
    const { state, cluster, world } = seen
    state.versions = {}
    Object.assign(state, { stable: null, stableWorkload: null, weights: {} })
    for (const name of ['web', 'web-canary']) await cluster.api.remove('apps/v1', 'Deployment', name)
    const [reached, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    cluster.before = (request) => {
      // Before anything of it is known.
      if (Object.keys(state.versions).length > 0 || !request.startsWith('read')) return
      reached.resolve()
      return going.promise
    }
    const { workload } = recordOf('1.1.0', 'canary')
    const deployed = act(
      { ...world, root },
      { method: 'deploy', workload: { ...workload, config: {} }, key: 'd' },
    )
    await reached.promise
    const cleaned = cleanup(world, [])
    going.resolve()
    expect(await cleaned).toMatchObject({ ok: true })
    expect(await deployed).toMatchObject({ ok: false, code: 'ended' })
    expect(cluster.versions()).toEqual({})
  })

  test('a route that is gone holds up nothing where everything is taken away', async () => {
    const seen = await worldOf({ desired: 1, weight: 0 })
    seen.cluster.dropRoute('web')
    expect(await cleanup(seen.world, [])).toMatchObject({ ok: true })
    expect(seen.cluster.versions()).toEqual({})
  })

  test('a component that the new version does not have goes with the old one, and one that only it has goes with it', async () => {
    const seen = await worldOf({ desired: 1, weight: 100 })
    const { state, cluster, world } = seen
    const next = withWorker(recordOf('1.1.0', 'canary'))
    state.versions['1.1.0'] = next
    expect(await promote(world, '1.1.0')).toMatchObject({ ok: true })
    expect(cluster.versions()).toMatchObject({ web: '1.1.0', worker: '1.1.0', 'web-previous': '1.0.0' })
    expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
    expect(cluster.versions()).toEqual({ web: '1.0.0' })
  })

  test('traffic goes to a version when its Service leads to its pods', async () => {
    const seen = await worldOf({ desired: 1, weight: 0 })
    const requests = requestsOf(seen)
    expect(await setWeights(seen.world, { '1.0.0': 90, '1.1.0': 10 })).toMatchObject({ ok: true })
    const served = requests.indexOf('list EndpointSlice kubernetes.io/service-name=web-canary')
    expect(served).toBeGreaterThanOrEqual(0)
    expect(served).toBeLessThan(requests.indexOf('patch HTTPRoute web'))
  })

  test('the way back takes no pod from a version before the router has read that it gets nothing', async () => {
    const seen = await promoted()
    const { cluster, world } = seen
    let looks = 0
    let hasRead: boolean | null = null
    cluster.before = (request) => {
      if (request === 'patch HTTPRoute web' && hasRead === null) cluster.routerReads = false
      if (request === 'read HTTPRoute web' && ++looks > 40) cluster.routerReads = true
      if (request === 'apply Deployment web') hasRead ??= cluster.routerReads
    }
    expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
    expect(hasRead).toBe(true)
  })
})

test('a component that comes with the first release is of no version that was found', async () => {
  const { world, cluster } = await worldOf({ desired: 1, weight: 0 })
  const labels = {
    [LABELS.of]: 'web',
    [LABELS.component]: 'web',
    [LABELS.slot]: 'stable',
    [LABELS.version]: '1.0.0',
  }
  const spec = { containers: [{ name: 'web', image: `web@sha256:${'a'.repeat(64)}` }] }
  const template = { metadata: { labels }, spec }
  await cluster.api.apply({ kind: 'Deployment', metadata: { name: 'web' }, spec: { template } } as never)
  const { manifests } = recordOf('1.1.0', 'canary')
  const { record, problem } = await findStable(world, [...manifests, worker])
  expect(problem).toBeNull()
  expect(record?.manifests.map(({ component }) => component)).toEqual(['web'])
})
