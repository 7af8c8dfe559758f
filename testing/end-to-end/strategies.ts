import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLoad } from '../../gonogo/targets/contract/load.ts'
import type { World } from '../crash/world.ts'

const CHECKLIST = fileURLToPath(new URL('./strategy-checklist.yaml', import.meta.url))
const STRATEGIES = ['canary', 'blue-green', 'rolling', 'recreate'] as const

type Tried = {
  readonly strategies?: readonly (typeof STRATEGIES)[number][]
  /** Those that are tried with a release that does not start: each, where nobody says otherwise. */
  readonly startless?: readonly (typeof STRATEGIES)[number][]
}

/** Strategies to success, to rollback, and with a release that does not start, wherever the service runs. */
export function describeStrategies(
  place: string,
  makeWorld: (checklist: string) => Promise<World>,
  { strategies = STRATEGIES, startless = strategies }: Tried = {},
): void {
  let world: World
  let made = 0
  beforeAll(async () => {
    world = await makeWorld(CHECKLIST)
  }, 120_000)
  afterAll(() => world.close(), 60_000)

  describe.each(strategies)(`${place}: %s`, (strategy) => {
    test('brings a good release to production', async () => {
      const version = `2.${++made}.0`
      await world.writeRelease(version, { strategy })
      const load = startLoad((await world.target.observe()).url)
      const { status, id } = await world.run(version)
      const seen = await load.stop()
      const { stable, weights, instances } = await world.target.observe()
      const why = world.stateOf(id).rollback?.decided.event.reason
      expect({ status, stable, weight: weights[version] }, why).toEqual({
        status: 'success',
        stable: version,
        weight: 100,
      })
      expect(instances.map((one) => [one.version, one.ready])).toEqual([
        [version, true],
        [version, true],
      ])
      expect(seen.byVersion[version]).toBeGreaterThan(0)
      // Recreate ends the old version first: it is the strategy that says so beforehand.
      if (strategy !== 'recreate') expect(seen.failed).toEqual([])
    }, 150_000)

    test('takes a bad release back, and the version before serves everything again', async () => {
      const version = `3.${++made}.0`
      const before = (await world.target.observe()).stable ?? ''
      await world.writeRelease(version, { strategy, config: { errors: '0.5', behaviour: 'good' } })
      const load = startLoad((await world.target.observe()).url)
      const { status, id } = await world.run(version)
      const { stable, weights, instances } = await world.target.observe()
      const seen = await load.stop()
      expect({ status, stable, weight: weights[before] }).toEqual({
        status: 'rolled-back',
        stable: before,
        weight: 100,
      })
      const told = JSON.stringify(world.stateOf(id).effects)
      expect(
        instances.map((one) => [one.version, one.ready]),
        told,
      ).toEqual([
        [before, true],
        [before, true],
      ])
      expect(world.stateOf(id).rollback?.decided.event.criterion).toMatch(/errorRate/)
      expect(seen.byVersion[version]).toBeGreaterThan(0)
      // Whoever was served by the version that stays must not have noticed anything.
      if (strategy !== 'recreate') expect(seen.failed.filter((one) => !one.includes(version))).toEqual([])
    }, 150_000)

    if (!startless.includes(strategy)) return
    test('never gives traffic to a release that does not start', async () => {
      const version = `4.${++made}.0`
      const before = (await world.target.observe()).stable ?? ''
      await world.writeRelease(version, { strategy, config: { errors: '0', behaviour: 'crash' } })
      const load = startLoad((await world.target.observe()).url)
      const { status } = await world.run(version)
      const seen = await load.stop()
      const { stable, weights } = await world.target.observe()
      expect({ status, stable, weight: weights[before] }).toEqual({
        status: 'rolled-back',
        stable: before,
        weight: 100,
      })
      expect(seen.byVersion[version]).toBeUndefined()
      if (strategy !== 'recreate') expect(seen.failed).toEqual([])
    }, 150_000)
  })
}
