import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { askTimes, startLoad, until } from './load.ts'
import { type ContractWorld, inWorld, type MakeWorld, mustDo, withCanary, withStable } from './world.ts'

export function describeTraffic(makeWorld: MakeWorld): void {
  const inOne = (body: (world: ContractWorld) => Promise<void>) => inWorld(makeWorld, body)

  describe('traffic', () => {
    test(
      'is shared exactly by the weights',
      inOne(async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        const { url } = await world.target.observe()
        for (const weight of [5, 25, 50, 100]) {
          await mustDo(world.target.setWeights({ '1.0.0': 100 - weight, '1.1.0': weight }, `w${weight}`))
          await wait(world.zeroWithinMs)
          const { byVersion } = await askTimes(url, 100)
          expect(byVersion['1.1.0']).toBe(weight)
        }
      }),
    )

    test(
      'loses no request to a whole deployment and to the way back',
      inOne(async (world) => {
        const { target } = world
        await withStable(world, '1.0.0')
        const load = startLoad((await target.observe()).url)
        await mustDo(target.deploy(await world.workload('1.1.0'), 'deploy'))
        for (const weight of [5, 50, 100])
          await mustDo(target.setWeights({ '1.0.0': 100 - weight, '1.1.0': weight }, `w${weight}`))
        await mustDo(target.promote('1.1.0', 'promote'))
        await mustDo(target.scale('1.0.0', 1, 'shrink'))
        await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
        await mustDo(target.deploy(await world.workload('1.2.0'), 'next'))
        await mustDo(target.setWeights({ '1.2.0': 100 }, 'all'))
        await mustDo(target.promote('1.2.0', 'promote next'))
        await mustDo(target.cleanup(['1.2.0'], 'cleanup'))
        const seen = await load.stop()
        expect(seen.failed).toEqual([])
        expect(Object.keys(seen.byVersion).sort()).toEqual(['1.0.0', '1.1.0', '1.2.0'])
      }),
    )

    test(
      'leaves a version at once when it is reverted',
      inOne(async (world) => {
        const { target } = world
        await withCanary(world, '1.0.0', '1.1.0')
        await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
        const load = startLoad((await target.observe()).url)
        await until('the canary has traffic', () => (load.seen.byVersion['1.1.0'] ?? 0) > 50)
        const decidedAt = Date.now()
        await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
        const seen = await load.stop()
        expect(seen.failed).toEqual([])
        expect((seen.lastAt['1.1.0'] ?? Number.POSITIVE_INFINITY) - decidedAt).toBeLessThanOrEqual(
          world.zeroWithinMs,
        )
        const last = await target.lastRequestAt?.('1.1.0')
        if (target.lastRequestAt) expect(last).toBeGreaterThan(0)
        expect((last ?? 0) - decidedAt).toBeLessThanOrEqual(world.zeroWithinMs)
        expect(await target.observe()).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
      }),
    )

    test(
      'comes back to a version whose instances are gone, without losing a request',
      inOne(async (world) => {
        const { target } = world
        await withCanary(world, '1.0.0', '1.1.0')
        await mustDo(target.setWeights({ '1.1.0': 100, '1.0.0': 0 }, 'all'))
        await mustDo(target.scale('1.0.0', 0, 'gone'))
        const load = startLoad((await target.observe()).url)
        await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
        const seen = await load.stop()
        expect(seen.failed).toEqual([])
        const state = await target.observe()
        expect(state.instances.filter((i) => i.version === '1.0.0' && i.ready)).toHaveLength(2)
        expect(state.instances.filter((i) => i.version === '1.1.0')).toHaveLength(0)
      }),
    )

    test(
      'is counted per version and instance, also for instances that are gone',
      inOne(async (world) => {
        const { target } = world
        await withCanary(world, '1.0.0', '1.1.0')
        await mustDo(target.setWeights({ '1.0.0': 75, '1.1.0': 25 }, 'quarter'))
        await wait(world.zeroWithinMs)
        await askTimes((await target.observe()).url, 40)
        await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
        const { instances } = await target.metrics.sample()
        const requests = (version: string) =>
          instances.filter((i) => i.version === version).reduce((sum, i) => sum + i.requests, 0)
        expect([requests('1.0.0'), requests('1.1.0')]).toEqual([30, 10])
        for (const { buckets, requests } of instances) {
          expect(buckets.at(-1)).toEqual({ leMs: Number.POSITIVE_INFINITY, count: requests })
          expect(buckets.every((b, i) => b.count >= (buckets[i - 1]?.count ?? 0))).toBe(true)
        }
      }),
    )
  })
}
