import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askTimes, startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { mustDo, withStable } from '../../gonogo/targets/contract/world.ts'
import { describeStrategies } from '../end-to-end/strategies.ts'
import { kubectl } from './commands.ts'
import { MANIFEST, type KubernetesWorld as World } from './contract-world.ts'
import { makeKubernetesPlace } from './deployment-world.ts'
import { inOneWorld } from './one-world.ts'
import { endingAtOnce, makeStatefulManifests, statefulService, withVolumes } from './stateful-manifests.ts'
import { testImage } from './test-image.ts'

const CHECKLIST = fileURLToPath(new URL('../end-to-end/strategy-checklist.yaml', import.meta.url))
const made = makeStatefulManifests()
const { storageClassName } = made

const digest = testImage()
beforeAll(() => made.makeVolumes(2), 120_000)
afterAll(made.end)

describe('a StatefulSet that users come to, by a route', () => {
  const manifest = made.write('web', withVolumes(statefulService('web'), 'web', storageClassName))
  const components = { web: { manifest, public: true } }
  describeStrategies('kubernetes', (checklist) => makeKubernetesPlace(checklist, { components }), {
    strategies: ['rolling', 'recreate'],
    startless: ['rolling'],
  })

  test('each pod kept its volume and its name through all of them', () => {
    const starts = made.starts()
    expect(starts.map(({ pods }) => pods).sort()).toEqual([['web-0'], ['web-1']])
    for (const { versions } of starts) expect(versions[0]).toBe('1.0.0')
    // A release that was taken back left it to the version before, which starts a second time.
    const again = starts.map(({ versions }) => versions.filter((one) => one === '2.1.0').length)
    expect(Math.max(...again)).toBeGreaterThan(1)
  })
})

/** Which pods there are of a component, and of which version. */
const podsOf = async ({ target }: World, component: string) =>
  (await target.observe()).instances
    .filter((one) => one.component === component)
    .map(({ id, version, startedAtMs }) => ({ id, version, startedAtMs }))
    .sort((a, b) => a.id.localeCompare(b.id))
const versionsOf = async (world: World, component: string) =>
  (await podsOf(world, component)).map(({ id, version }) => `${id} ${version}`)

/** The addresses that a Service leads to. */
async function served({ namespace }: World, service: string): Promise<string[]> {
  const of = ['-l', `kubernetes.io/service-name=${service}`, '-o', 'json', '-n', namespace]
  const { items } = JSON.parse(await kubectl(['get', 'endpointslices', ...of])) as {
    items: { endpoints?: { addresses: string[]; conditions: { ready: boolean } }[] }[]
  }
  return items.flatMap(({ endpoints = [] }) =>
    endpoints.filter((one) => one.conditions.ready).flatMap(({ addresses }) => addresses),
  )
}

test('a StatefulSet behind a Deployment moves in lockstep with it, also for a gonogo that is started again, and goes back with it', () => {
  const store = made.write('store', endingAtOnce(statefulService('store')))
  const components = { store: { manifest: store }, web: { manifest: MANIFEST, public: true } }
  return inOneWorld(
    digest,
    async (world) => {
      const { target, namespace } = world
      await withStable(world, '1.0.0')
      const load = startLoad((await target.observe()).url)
      await mustDo(target.deploy(await world.workload('1.1.0', 'good', 1), 'deploy'))
      expect(await versionsOf(world, 'store')).toEqual(['store-0 1.0.0', 'store-1 1.1.0'])
      await until('each Service leads to its own version', async () => {
        const [old, next] = [await served(world, 'store'), await served(world, 'store-canary')]
        return old.length === 1 && next.length === 1 && old[0] !== next[0]
      })
      const later = await world.openAgain()
      await mustDo(later.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
      await mustDo(later.scale('1.0.0', 1, 'shrink'))
      await until('nothing is told', () => later.notice?.()?.drift === null)
      await kubectl(['rollout', 'undo', 'statefulset/store', '-n', namespace])
      await until('it is told', () =>
        /: StatefulSet store is of version 1.0.0, not 1.1.0/.test(later.notice?.()?.drift ?? ''),
      )
      expect(await later.setWeights({ '1.1.0': 100 }, 'too soon')).toMatchObject({ code: 'not-ready' })
      await mustDo(later.scale('1.1.0', 1, 'again'))
      await mustDo(later.setWeights({ '1.1.0': 100 }, 'all'))
      await mustDo(later.scale('1.1.0', 2, 'grow'))
      await mustDo(later.scale('1.0.0', 0, 'gone'))
      const before = await podsOf(world, 'store')
      await mustDo(later.promote('1.1.0', 'promote'))
      expect(await podsOf(world, 'store')).toEqual(before)
      expect(await versionsOf(world, 'store')).toEqual(['store-0 1.1.0', 'store-1 1.1.0'])
      const told = await kubectl(['rollout', 'status', 'statefulset/store', '--timeout=5s', '-n', namespace])
      expect(told).toMatch(/complete|updated/)
      await mustDo(later.revert('1.0.0', '1.1.0', 'revert'))
      expect(await versionsOf(world, 'store')).toEqual(['store-0 1.0.0', 'store-1 1.0.0'])
      expect(await later.observe()).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
      await until('nothing is told', () => later.notice?.()?.drift === null)
      expect((await load.stop()).failed).toEqual([])
    },
    components,
  )
}, 120_000)

test('without a route, users are led by version; killed in the middle and started again it ends as it would have; a canary is refused', async () => {
  const clusterIP = '10.96.77.201'
  const manifest = made.write('alone', statefulService('web', { clusterIP }))
  const components = { web: { manifest, public: true } }
  const more = { routes: [], router: undefined, url: `http://${clusterIP}`, components }
  const metrics = { source: 'instances', path: '/metrics' } as never
  const world = await makeKubernetesPlace(CHECKLIST, more, {}, { metrics })
  const load = startLoad(`http://${clusterIP}`, { kept: false })
  try {
    await world.writeRelease('1.1.0', { strategy: 'canary' })
    await expect(world.attempt('1.1.0')).rejects.toMatchObject({ code: 'in-place', exit: 2 })
    expect(world.deployments()).toEqual([])
    await world.writeRelease('1.2.0', { strategy: 'rolling' })
    const half = until('half is of the new version', () => world.underWay()?.steps.length === 1, 60_000)
    const killed = await world.run('1.2.0', 0, half)
    expect(killed.killed).toBe(true)
    const { status } = await world.run('1.2.0')
    expect(status).toBe('success')
    expect((await askTimes(`http://${clusterIP}`, 20, { kept: false })).byVersion).toEqual({ '1.2.0': 20 })
  } finally {
    const seen = await load.stop()
    await world.close()
    expect(seen.failed).toEqual([])
  }
}, 150_000)
