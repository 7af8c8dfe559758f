import { describe, expect, test } from 'vitest'
import { askTimes, startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { mustDo, withCanary, withStable } from '../../gonogo/targets/contract/world.ts'
import { planWarnings } from '../../gonogo/targets/kubernetes/plan-warnings.ts'
import type { Noticed } from '../../gonogo/targets/target.ts'
import { apply, kubectl } from './commands.ts'
import type { KubernetesWorld as World } from './contract-world.ts'
import { evict, whileNodeIsCordoned, whileNodeIsSilent } from './node-away.ts'
import { expectUntouched, inOneWorld, NOTICED_WITHIN_MS } from './one-world.ts'
import { testImage } from './test-image.ts'

const digest = testImage()

const inWorld = (body: (world: World) => Promise<void>) => inOneWorld(digest, body)

const budget = (namespace: string, selector: Record<string, string>) =>
  JSON.stringify({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace },
    spec: { minAvailable: 2, selector: { matchLabels: selector } },
  })

/** Waits until the cluster reckons that so many pods may be evicted. */
const untilEvictable = (pods: number, { namespace }: World) =>
  until(`${pods} pods may be evicted`, async () => {
    const path = 'jsonpath={.status.observedGeneration}/{.metadata.generation} {.status.disruptionsAllowed}'
    const [generations = '', allowed] = (
      await kubectl(['get', 'pdb', 'web', '-n', namespace, '-o', path])
    ).split(' ')
    const [observed, wanted] = generations.split('/')
    return observed === wanted && allowed === String(pods)
  })

const podOf = async ({ target }: World, version: string) =>
  (await target.observe()).instances.find((one) => one.version === version)?.id ?? ''

const warnings = async ({ config, root, workload }: World) =>
  (await planWarnings({ config, root, workload: await workload('1.1.0') })).join('\n')

/** Waits until something is noticed; answers how long after the API knew. */
async function untilNoticed(
  { target }: World,
  knownToApi: () => Promise<boolean>,
  isSo: (noticed: Noticed) => boolean,
  limitMs?: number,
): Promise<number> {
  await until('the API knows', knownToApi, limitMs)
  const knownAt = performance.now()
  await until('it is noticed', () => {
    const noticed = target.notice?.()
    return noticed ? isSo(noticed) : false
  })
  return performance.now() - knownAt
}

describe('a budget for disruptions', () => {
  test('holds nothing that gonogo ends, and refuses a drain of the node', () =>
    inWorld(async (world) => {
      const { target, namespace } = world
      await withStable(world, '1.0.0')
      await apply(budget(namespace, { app: 'web' }))
      await untilEvictable(0, world)
      expect(await warnings(world)).toMatch(
        /PodDisruptionBudget web lets none of 2 pods be evicted: a node that has one cannot be drained/,
      )
      await expect(evict(await podOf(world, '1.0.0'), namespace)).rejects.toThrow(/disruption budget/)
      const load = startLoad((await target.observe()).url)
      await mustDo(target.deploy(await world.workload('1.1.0'), 'deploy'))
      await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
      await mustDo(target.promote('1.1.0', 'promote'))
      await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
      expect((await load.stop()).failed).toEqual([])
      await expectUntouched(world)
    }))

  test('that counts the canary is named in planning: beside one, a drain may take the stable version', () =>
    inWorld(async (world) => {
      const { namespace } = world
      await withStable(world, '1.0.0')
      await apply(budget(namespace, { app: 'web' }))
      expect(await warnings(world)).toMatch(
        /PodDisruptionBudget web counts the canary's pods, too: beside a canary a drain may take 2 of 2 pods of the stable version, not 0; add gonogo.dev\/slot: stable/,
      )
      await mustDo(world.target.deploy(await world.workload('1.1.0'), 'deploy'))
      await untilEvictable(2, world)
      await apply(budget(namespace, { app: 'web', 'gonogo.dev/slot': 'stable' }))
      await untilEvictable(0, world)
      expect(await warnings(world)).not.toContain('counts the canary')
      await expect(evict(await podOf(world, '1.0.0'), namespace)).rejects.toThrow(/disruption budget/)
      await evict(await podOf(world, '1.1.0'), namespace)
    }))
})

describe('a node', () => {
  test('that is drained is named by the pods that find no other, and the stable version is left alone', () =>
    inWorld(async (world) => {
      const { target, namespace } = world
      await withCanary(world, '1.0.0', '1.1.0')
      await whileNodeIsCordoned(async () => {
        await evict(await podOf(world, '1.1.0'), namespace)
        const unplaced = async () =>
          (await kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])).includes('"Unschedulable"')
        const noticedMs = await untilNoticed(world, unplaced, ({ instances }) =>
          instances.some((one) => /finds no node: .*unschedulable/.test(one.notReady ?? '')),
        )
        expect(noticedMs).toBeLessThan(NOTICED_WITHIN_MS)
        const noticed = target.notice?.()
        expect(noticed).toMatchObject({ drift: null })
        expect(noticed?.instances.filter((one) => one.version === '1.0.0' && one.ready)).toHaveLength(2)
        expect((await askTimes((await target.observe()).url, 20)).byVersion).toEqual({ '1.0.0': 20 })
      })
      const isWhole = () => target.notice?.()?.instances.every((one) => one.ready && !one.notReady) ?? false
      await until('the pod has found its node', isWhole)
    }))

  test(
    'that falls silent is named by its pods, nothing is changed, and all is as it was when it is back',
    () =>
      inWorld(async (world) => {
        const { target, namespace } = world
        await withCanary(world, '1.0.0', '1.1.0')
        const pods = async () => (await target.observe()).instances.map(({ id }) => id).sort()
        const before = await pods()
        await whileNodeIsSilent(async () => {
          const conditions = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
          const isKnown = async () =>
            (await kubectl(['get', 'pods', '-n', namespace, '-o', conditions])).includes('False')
          const isNamed = ({ instances }: Noticed) =>
            instances.every(
              ({ ready, notReady }) => !ready && /its node node1 is not ready/.test(notReady ?? ''),
            )
          expect(await untilNoticed(world, isKnown, isNamed, 90_000)).toBeLessThan(NOTICED_WITHIN_MS)
          expect(target.notice?.()?.drift).toBeNull()
          expect(await target.observe()).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
          expect(await pods()).toEqual(before)
        })
        const isBack = () => target.notice?.()?.instances.every((one) => one.ready && !one.notReady) ?? false
        await until('its pods are ready again', isBack, 60_000)
        expect(await pods()).toEqual(before)
        await mustDo(target.cleanup(['1.0.0'], 'cleanup'))
        await expectUntouched(world)
      }),
    240_000,
  )
})
