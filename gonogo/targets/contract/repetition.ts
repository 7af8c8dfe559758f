import { describe, expect, test } from 'vitest'
import { type ContractWorld, inWorld, type MakeWorld, mustDo, withCanary, withStable } from './world.ts'

export function describeRepetition(makeWorld: MakeWorld): void {
  const inOne = (body: (world: ContractWorld) => Promise<void>) => inWorld(makeWorld, body)

  describe('a second call with the same key', () => {
    test(
      'does nothing twice and answers as the first did',
      inOne(async (world) => {
        const { target } = world
        await withStable(world, '1.0.0')
        const canary = await world.workload('1.1.0')
        const calls = [
          () => target.deploy(canary, 'a'),
          () => target.setWeights({ '1.0.0': 95, '1.1.0': 5 }, 'b'),
          () => target.scale('1.1.0', 3, 'c'),
          () => target.promote('1.1.0', 'd'),
          () => target.revert('1.0.0', '1.1.0', 'e'),
          () => target.cleanup(['1.0.0'], 'f'),
        ]
        for (const call of calls) {
          const first = await call()
          expect(first).toMatchObject({ ok: true })
          const before = await target.observe()
          expect(await call()).toEqual(first)
          expect(await target.observe()).toEqual(before)
        }
      }),
    )

    test(
      'at the same time joins the first',
      inOne(async (world) => {
        const workload = await world.workload('1.0.0')
        const deploy = () => world.target.deploy(workload, 'k')
        const [first, second] = await Promise.all([deploy(), deploy()])
        expect(second).toEqual(first)
        expect((await world.target.observe()).instances).toHaveLength(workload.replicas)
      }),
    )

    test(
      'does not undo what a later call decided',
      inOne(async (world) => {
        const { target } = world
        await withCanary(world, '1.0.0', '1.1.0')
        await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
        await mustDo(target.revert('1.0.0', '1.1.0', 'back'))
        const again = await target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half')
        expect(again).toMatchObject({ ok: false, code: 'superseded' })
        expect((await target.observe()).weights).toEqual({ '1.0.0': 100 })
      }),
    )

    test(
      'for something else is refused',
      inOne(async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        await mustDo(world.target.promote('1.0.0', 'k'))
        expect(await world.target.promote('1.1.0', 'k')).toMatchObject({ ok: false, code: 'key-reused' })
        expect((await world.target.observe()).stable).toBe('1.0.0')
      }),
    )
  })
}
