import { describe, expect, test } from 'vitest'
import { askTimes } from './load.ts'
import { type ContractWorld, inWorld, type MakeWorld, withCanary, withStable } from './world.ts'

export function describeWayThrough(makeWorld: MakeWorld): void {
  const inOne = (body: (world: ContractWorld) => Promise<void>) => inWorld(makeWorld, body)

  describe('the way through', () => {
    test(
      'before the first deployment nothing runs and nothing is stable',
      inOne(async ({ target }) => {
        const state = await target.observe()
        expect(state).toMatchObject({ stable: null, stableWorkload: null, instances: [], weights: {} })
      }),
    )

    test(
      'a deployed version is ready, known, and has no traffic',
      inOne(async (world) => {
        await withStable(world, '1.0.0')
        const workload = await world.workload('1.1.0')
        expect(await world.target.deploy(workload, 'k')).toMatchObject({ ok: true })
        const state = await world.target.observe()
        const instances = state.instances.filter((i) => i.version === '1.1.0')
        expect(instances).toHaveLength(workload.replicas)
        expect(instances.every((i) => i.ready && i.digest === workload.digest)).toBe(true)
        expect(state.workloads).toContainEqual(workload)
        expect(state.weights['1.1.0'] ?? 0).toBe(0)
        expect((await askTimes(state.url, 20)).byVersion).toEqual({ '1.0.0': 20 })
      }),
    )

    test(
      'each instance answers under its own address, without the router',
      inOne(async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        for (const instance of (await world.target.observe()).instances) {
          const answer = await fetch(`${instance.url}/health`)
          expect(await answer.json()).toMatchObject({ version: instance.version })
        }
      }),
    )

    test(
      'promoting changes no traffic and ends nothing',
      inOne(async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        const before = await world.target.observe()
        expect(await world.target.promote('1.1.0', 'k')).toMatchObject({ ok: true })
        const after = await world.target.observe()
        expect(after).toMatchObject({ stable: '1.1.0', stableWorkload: { version: '1.1.0' } })
        expect(after.weights).toEqual(before.weights)
        expect(after.instances.map((i) => i.pid)).toEqual(before.instances.map((i) => i.pid))
      }),
    )

    test(
      'configuration travels with the version',
      inOne(async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        for (const { url, version } of (await world.target.observe()).instances) {
          const env = (await (await fetch(`${url}/env`)).json()) as { config: string }
          expect(env.config).toBe(`configuration of ${version}`)
        }
      }),
    )

    test(
      'cleaning up ends and forgets all but what is kept',
      inOne(async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        await world.target.setWeights({ '1.1.0': 100, '1.0.0': 0 }, 'shift')
        await world.target.promote('1.1.0', 'promote')
        expect(await world.target.cleanup(['1.1.0'], 'k')).toMatchObject({ ok: true })
        const state = await world.target.observe()
        expect(state.workloads.map((w) => w.version)).toEqual(['1.1.0'])
        expect(new Set(state.instances.map((i) => i.version))).toEqual(new Set(['1.1.0']))
      }),
    )

    test(
      'with nothing kept, a first version that went wrong is gone with its traffic',
      inOne(async (world) => {
        await withStable(world, '1.0.0')
        expect(await world.target.cleanup([], 'k')).toMatchObject({ ok: true })
        expect(await world.target.observe()).toMatchObject({
          stable: null,
          workloads: [],
          instances: [],
          weights: {},
        })
      }),
    )

    test(
      'a version scaled to nothing stays known and can come back',
      inOne(async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        expect(await world.target.scale('1.1.0', 0, 'down')).toMatchObject({ ok: true })
        const down = await world.target.observe()
        expect(down.instances.some((i) => i.version === '1.1.0')).toBe(false)
        expect(down.workloads.some((w) => w.version === '1.1.0')).toBe(true)
        expect(await world.target.scale('1.1.0', 1, 'up')).toMatchObject({ ok: true })
        const up = await world.target.observe()
        expect(up.instances.filter((i) => i.version === '1.1.0' && i.ready)).toHaveLength(1)
      }),
    )
  })
}
