import { expect, test } from 'vitest'
import { startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { mustDo, withCanary, withStable } from '../../gonogo/targets/contract/world.ts'
import { planWarnings } from '../../gonogo/targets/kubernetes/plan-warnings.ts'
import { apply, kubectl } from './commands.ts'
import type { KubernetesWorld as World } from './contract-world.ts'
import { inOneWorld } from './one-world.ts'
import { testImage } from './test-image.ts'

const digest = testImage()

/** The cluster looks at its autoscalers every fifteen seconds. */
const SCALED_WITHIN_MS = 60_000
const MINUTES = 180_000

/** Without metrics, which the test cluster has none of, an autoscaler still keeps to its bounds. */
const autoscaler = (namespace: string, fewest: number) =>
  JSON.stringify({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: fewest,
      maxReplicas: 5,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
    },
  })

const readyOf = (target: World['target'], version: string): number =>
  target.notice?.()?.instances.filter((one) => one.version === version && one.ready).length ?? 0

const untilScaled = (target: World['target'], version: string, pods: number) =>
  until(`${version} has ${pods} pods`, () => readyOf(target, version) === pods, SCALED_WITHIN_MS)

test(
  'what an autoscaler does to the stable version during a canary is no drift, also for a gonogo that is started again; what a person does is',
  () =>
    inOneWorld(digest, async (world) => {
      const { namespace, target } = world
      await withCanary(world, '1.0.0', '1.1.0')
      // It comes when the stable version has been deployed long ago.
      await apply(autoscaler(namespace, 3))
      await untilScaled(target, '1.0.0', 3)
      const later = await world.openAgain()
      await until('the other is told everything', () => later.notice?.() != null)
      for (const one of [target, later]) expect(one.notice?.()).toMatchObject({ drift: null })
      await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
      expect(target.notice?.()?.drift).toBeNull()
      expect(await planned(world)).toContain(
        'HorizontalPodAutoscaler web runs 3 pods of Deployment web, and a new version starts with 2',
      )
      await kubectl(['scale', 'deployment/web-canary', '--replicas=3', '-n', namespace])
      await until('it is told', () =>
        /Deployment web-canary is set to 3 pods, not 2/.test(target.notice?.()?.drift ?? ''),
      )
    }),
  MINUTES,
)

const planned = async ({ config, root, workload }: World) =>
  (await planWarnings({ config, root, workload: await workload('1.2.0') })).join('\n')

test(
  'a promotion keeps the number of pods that the autoscaler decided, and so does the way back',
  () =>
    inOneWorld(digest, async (world) => {
      const { target } = world
      await withStable(world, '1.0.0')
      await apply(autoscaler(world.namespace, 3))
      await untilScaled(target, '1.0.0', 3)
      const load = startLoad((await target.observe()).url)
      await mustDo(target.deploy(await world.workload('1.1.0'), 'deploy'))
      await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
      await mustDo(target.promote('1.1.0', 'promote'))
      expect(readyOf(target, '1.1.0')).toBe(3)
      expect(readyOf(target, '1.0.0')).toBe(3)
      expect(await target.observe()).toMatchObject({ stable: '1.1.0', autoscaled: { web: 3 } })
      await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
      expect((await load.stop()).failed).toEqual([])
      expect(readyOf(target, '1.0.0')).toBe(3)
      expect(target.notice?.()?.drift).toBeNull()
    }),
  MINUTES,
)

test(
  'a version that was scaled to nothing comes back, though its autoscaler looks away meanwhile',
  () =>
    inOneWorld(digest, async (world) => {
      const { target } = world
      await withCanary(world, '1.0.0', '1.1.0')
      await apply(autoscaler(world.namespace, 2))
      await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
      await mustDo(target.scale('1.0.0', 0, 'gone'))
      const load = startLoad((await target.observe()).url)
      await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
      expect((await load.stop()).failed).toEqual([])
      await untilScaled(target, '1.0.0', 2)
      expect(await target.observe()).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
    }),
  MINUTES,
)
