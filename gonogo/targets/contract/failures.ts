import { describe, expect, test } from 'vitest'
import { askTimes } from './load.ts'
import { type ContractWorld, inWorld, type MakeWorld, type WorldOptions, withStable } from './world.ts'

/** Enough for three starts; a version that is never ready uses all of it. */
const IMPATIENT: WorldOptions = { readyTimeoutMs: 4000 }

export function describeFailures(makeWorld: MakeWorld): void {
  const inOne = (body: (world: ContractWorld) => Promise<void>, options?: WorldOptions) =>
    inWorld(makeWorld, body, options)

  describe('what cannot be is an outcome with a code, and leaves users alone', () => {
    for (const [behaviour, code] of [
      ['crash', 'crash-loop'],
      ['never', 'not-ready'],
    ] as const)
      test(
        `a version that is ${code} is refused, ended and forgotten`,
        inOne(async (world) => {
          await withStable(world, '1.0.0')
          const outcome = await world.target.deploy(await world.workload('1.1.0', behaviour), 'k')
          expect(outcome).toMatchObject({ ok: false, code })
          if (behaviour === 'crash') expect(outcome.detail).toContain('told to crash')
          const state = await world.target.observe()
          expect(state.workloads.map((w) => w.version)).toEqual(['1.0.0'])
          expect(state.instances.some((i) => i.version === '1.1.0')).toBe(false)
          expect((await askTimes(state.url, 10)).byVersion).toEqual({ '1.0.0': 10 })
        }, IMPATIENT),
      )

    test(
      'an artifact other than the one declared is refused and nothing is started',
      inOne(async (world) => {
        const workload = await world.workload('1.0.0')
        const other = { ...workload, digest: `sha256:${'0'.repeat(64)}` }
        expect(await world.target.deploy(other, 'k')).toMatchObject({ ok: false, code: 'digest-mismatch' })
        expect(await world.target.observe()).toMatchObject({ workloads: [], instances: [] })
      }),
    )

    test(
      'weights that are no shares of 100, or of versions that are not there, change nothing',
      inOne(async (world) => {
        const { target } = world
        await withStable(world, '1.0.0')
        expect(await target.setWeights({ '1.0.0': 90 }, 'a')).toMatchObject({
          ok: false,
          code: 'bad-weights',
        })
        expect(await target.setWeights({ '1.0.0': 95, '9.9.9': 5 }, 'b')).toMatchObject({
          ok: false,
          code: 'unknown-version',
        })
        expect((await target.observe()).weights).toEqual({ '1.0.0': 100 })
      }),
    )

    test(
      'a version without a ready instance gets no traffic',
      inOne(async (world) => {
        const { target } = world
        await withStable(world, '1.0.0')
        await target.deploy(await world.workload('1.1.0'), 'up')
        await target.scale('1.1.0', 0, 'down')
        const outcome = await target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'k')
        expect(outcome).toMatchObject({ ok: false, code: 'not-ready' })
        expect((await target.observe()).weights).toEqual({ '1.0.0': 100 })
      }),
    )

    test(
      'cleaning up does not end a version that has traffic while another is kept',
      inOne(async (world) => {
        const { target } = world
        await withStable(world, '1.0.0')
        await target.deploy(await world.workload('1.1.0'), 'up')
        await target.setWeights({ '1.0.0': 95, '1.1.0': 5 }, 'share')
        expect(await target.cleanup(['1.0.0'], 'k')).toMatchObject({ ok: false, code: 'has-traffic' })
        expect((await target.observe()).workloads).toHaveLength(2)
      }),
    )
  })
}
