import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startLoad, until } from '../../gonogo/targets/contract/load.ts'
import type { Own, World } from '../crash/world.ts'
import { holdRequest, startUser } from './kept-connection.ts'
import { running, startWatched } from './watched-deployment.ts'

const CHECKLIST = fileURLToPath(new URL('./behaviours-checklist.yaml', import.meta.url))
const LIMIT_MS = 150_000
/** What users ask is to be judged by, not to keep two cores busy: instances start beside it. */
const PAUSE_MS = 20
/** Two seconds a step as the tests' clock runs: enough to be met in it by a person. */
const STEPS = [10, 50, 100].map((weight) => ({ weight, wait: '20s' }))
const OWN: Own = {
  policy: { steps: STEPS },
  checks: {
    '3.3.4.7': {
      journeys: [{ name: 'the feature', steps: [{ path: '/feature', token: null }] }],
      servedBy: null,
    },
  },
}

type Ways = {
  /** How long a pause must be survived; null where only blue-green is looked at. */
  readonly pauseMs: number | null
  /** Whether users keep their connections. */
  readonly kept?: boolean
}

/** What people rely on when a deployment does not simply go through. */
export function describeBehaviours(
  place: string,
  makeWorld: (checklist: string, own: Own) => Promise<World>,
  { pauseMs, kept = true }: Ways,
): void {
  describe(place, { timeout: LIMIT_MS }, () => {
    let world: World
    let url: string
    let stable: string
    let made = 0
    beforeAll(async () => {
      world = await makeWorld(CHECKLIST, OWN)
      url = (await world.target.observe()).url
    }, 120_000)
    beforeEach(async () => {
      stable = (await world.target.observe()).stable ?? ''
    })
    // What a test has seen enough of, or failed in the middle of, is nothing to the next one.
    afterEach(async () => {
      if (!world.underWay()) return
      await world.decide('ada', 'abort', 'the test is over')
      await until('nothing is under way', () => world.underWay() === null, 60_000)
    }, 60_000)
    afterAll(() => world.close(), 60_000)

    async function release(behaviour = 'good', errors = '0', strategy = 'canary'): Promise<string> {
      const version = `2.${++made}.0`
      await world.writeRelease(version, { strategy, config: { behaviour, errors } })
      return version
    }
    function users() {
      const load = startLoad(url, { pauseMs: PAUSE_MS, kept })
      let stopped: ReturnType<typeof load.stop> | null = null
      const stop = () => {
        stopped ??= load.stop()
        return stopped
      }
      onTestFinished(async () => void (await stop()))
      return { stop }
    }
    async function expectOnly(version: string): Promise<void> {
      const { stable: is, weights, instances } = await world.target.observe()
      expect({ stable: is, weights }).toEqual({ stable: version, weights: { [version]: 100 } })
      expect(instances.map((one) => [one.version, one.ready])).toEqual([
        [version, true],
        [version, true],
      ])
    }

    describe('blue-green', () => {
      test('goes back when a check after the switch fails, and the old version has everything again', async () => {
        const version = await release('unfinished', '0', 'blue-green')
        const load = users()
        const { status, id } = await world.run(version)
        await expectOnly(stable)
        const seen = await load.stop()
        expect(status).toBe('rolled-back')
        expect(world.stateOf(id).rollback?.decided.event.criterion).toBe('item 3.3.4.7')
        expect(world.stateOf(id).steps[0]?.weight).toBe(100)
        expect(seen.byVersion[version]).toBeGreaterThan(0)
        expect(seen.failed).toEqual([])
      })

      test('never switches when a check before it fails: no request reaches the new version', async () => {
        const version = await release('unhealthy', '0', 'blue-green')
        const before = await running(world, stable)
        const load = users()
        const { status, id } = await world.run(version)
        await expectOnly(stable)
        const seen = await load.stop()
        expect(status).toBe('rolled-back')
        expect(world.stateOf(id).rollback?.decided.event.criterion).toBe('item 3.3.1.4')
        expect(world.stateOf(id).steps).toEqual([])
        expect(seen.byVersion[version]).toBeUndefined()
        expect(seen.failed).toEqual([])
        expect(await running(world, stable)).toEqual(before)
      })
    })

    if (pauseMs === null) return

    describe('a release', () => {
      test('that comes while another is taken back is refused in clear words, and is deployed afterwards', async () => {
        const [bad, next] = [await release('good', '0.5', 'blue-green'), await release()]
        const first = startWatched(world, bad)
        const { id } = await first.when('all traffic', ({ steps }) => steps.length === 1)
        // While it is answered, the bad version cannot be ended, and its rollback goes on.
        const held = holdRequest(url)
        const load = users()
        await first.when('goes back', ({ rollback }) => rollback !== null)
        await expect(world.attempt(next)).rejects.toThrow(
          new RegExp(
            `^${id} \\(${bad}\\) is being rolled back in production; deploy ${next} when it has ended`,
          ),
        )
        expect(world.underWay()?.id).toBe(id)
        expect((await world.target.observe()).workloads.map((one) => one.version)).not.toContain(next)
        expect((await first.ended).status).toBe('rolled-back')
        held.end()
        await expectOnly(stable)
        const second = startWatched(world, next)
        const { opened } = await second.when('first step', ({ steps }) => steps.length === 1)
        expect(opened.stable?.version).toBe(stable)
        expect((await second.hurry(0)).status).toBe('success')
        await load.stop()
        await expectOnly(next)
      })

      test('that was aborted in its second step begins with the first one again', async () => {
        const version = await release()
        const load = users()
        const first = startWatched(world, version)
        await first.when('second step', ({ steps }) => steps.length === 2)
        await world.decide('cy', 'abort', 'not today')
        const { id, status } = await first.ended
        expect(status).toBe('rolled-back')
        await expectOnly(stable)
        const again = startWatched(world, version)
        const state = await again.when('a step', ({ steps }) => steps.length > 0)
        expect(state.id).not.toBe(id)
        expect(state.steps.map(({ step, weight }) => [step, weight])).toEqual([[0, 10]])
        expect((await world.target.observe()).weights).toEqual({ [version]: 10, [stable]: 90 })
        await world.decide('cy', 'abort', 'not today either')
        expect((await again.ended).status).toBe('rolled-back')
        expect((await load.stop()).failed).toEqual([])
        await expectOnly(stable)
      })

      test('that comes at the same moment as another is refused, and is not left behind as begun', async () => {
        const known = world.deployments()
        const both = [await release(), await release()].map((version) => world.attempt(version))
        const refused = await Promise.any(both.map((one) => one.then(() => Promise.reject(), String)))
        expect(refused).toMatch(/under way in production|opening a deployment in production/)
        await until('the other one is open', () => world.underWay() !== null)
        expect(world.deployments().length).toBe(known.length + 1)
        await world.decide('ada', 'abort', 'both at once')
        await Promise.allSettled(both)
        expect(world.underWay()).toBeNull()
        await expectOnly(stable)
      })

      test('that is running already is refused in clear words, and starts nothing', async () => {
        const before = { pids: await running(world, stable), deployments: world.deployments() }
        await expect(world.attempt(stable)).rejects.toThrow(`${stable} is what production runs already`)
        expect({ pids: await running(world, stable), deployments: world.deployments() }).toEqual(before)
        await expectOnly(stable)
      })
    })

    describe('a person', () => {
      test('who is the lead skips the rest of a wait, and nothing is started anew; nobody else may', async () => {
        const version = await release()
        const load = users()
        const deployment = startWatched(world, version)
        const { steps } = await deployment.when('first step', (state) => state.steps.length === 1)
        const before = [await running(world, stable), await running(world, version)]
        await expect(world.decide('cy', 'proceed', 'in a hurry')).rejects.toThrow(/deployment.lead/)
        await world.decide('ada', 'proceed', 'seen enough')
        const next = await deployment.when('second step', (state) => state.steps.length === 2)
        expect(next.steps[0]?.decision?.event).toMatchObject({ decision: 'proceed', by: 'ada' })
        expect(next.steps[0]?.decision?.at).toBeLessThan(steps[0]?.dueAtMs ?? 0)
        expect((await world.target.observe()).weights).toEqual({ [version]: 50, [stable]: 50 })
        expect([await running(world, stable), await running(world, version)]).toEqual(before)
        expect((await load.stop()).failed).toEqual([])
      })

      test('who goes back before the new version had any traffic starts nothing', async () => {
        const version = await release('nameless')
        const before = await running(world, stable)
        const load = users()
        const deployment = startWatched(world, version)
        // Its health says nothing of who it is: unknown, which neither switches nor goes back.
        await deployment.when(
          'its proof is unknown',
          ({ items }) => items['3.3.1.4']?.check?.event.verdict === 'unknown',
        )
        expect((await running(world, version)).length).toBe(2)
        await world.decide('bo', 'rollback', 'nobody knows what this is')
        expect((await deployment.ended).status).toBe('rolled-back')
        expect((await load.stop()).byVersion).toEqual({ [stable]: expect.any(Number) })
        expect(await running(world, stable)).toEqual(before)
        await expectOnly(stable)
      })

      test('who pauses for long finds it as it was, and resumes it to its end', async () => {
        const version = await release()
        const load = users()
        const deployment = startWatched(world, version)
        await deployment.when('first step', ({ steps }) => steps.length === 1)
        await world.decide('bo', 'pause', 'lunch')
        const [since, before] = [performance.now(), await running(world, version)]
        await until('lunch is over', () => performance.now() - since > pauseMs, 2 * pauseMs)
        const paused = world.underWay()
        expect(paused).toMatchObject({ paused: true, rollback: null, steps: [{ step: 0, decision: null }] })
        expect((await world.target.observe()).weights).toEqual({ [version]: 10, [stable]: 90 })
        expect(await running(world, version)).toEqual(before)
        await world.decide('bo', 'resume', 'back')
        expect((await deployment.hurry(1)).status).toBe('success')
        expect((await load.stop()).failed).toEqual([])
        await expectOnly(version)
      })
    })

    test('without traffic a step is extended once and held; traffic or a person lets it go on', async () => {
      const version = await release()
      const deployment = startWatched(world, version)
      const held = await deployment.when('held', ({ hold }) => hold !== null)
      expect(held).toMatchObject({ rollback: null, steps: [{ step: 0, extended: true, decision: null }] })
      expect((await world.target.observe()).weights).toEqual({ [version]: 10, [stable]: 90 })
      const some = users()
      const next = await deployment.when('second step', ({ steps }) => steps.length === 2)
      await some.stop()
      expect(next).toMatchObject({ hold: null, steps: [{ decision: { event: { by: null } } }, {}] })
      const again = await deployment.when('held again', ({ hold }) => hold !== null)
      expect(again).toMatchObject({ rollback: null, steps: [{}, { extended: true, decision: null }] })
      await world.decide('ada', 'proceed', 'it is night')
      const last = await deployment.when('last step', ({ steps }) => steps.length === 3)
      expect(last.steps[1]?.decision?.event).toMatchObject({ decision: 'proceed', by: 'ada' })
      expect(last.rollback).toBeNull()
    })

    test('a session ends with its version: on one kept connection each request follows the weights', async () => {
      const version = await release()
      const load = users()
      const user = startUser(url)
      const deployment = startWatched(world, version)
      await deployment.when('second step', ({ steps }) => steps.length === 2)
      const from = user.answers.length
      const both = () => new Set(user.answers.slice(from).map((one) => one.version)).size === 2
      await until('both versions answer the user', both)
      const { id, status } = await deployment.hurry(1)
      const asked = user.answers.length
      await until('the user asks again', () => user.answers.length > asked + 10)
      await user.stop()
      await load.stop()
      expect(status).toBe('success')
      const promoted = world.stateOf(id).effects[`promote:${version}`]?.settled
      expect(promoted?.ok).toBe(true)
      const afterwards = user.answers.slice(asked)
      expect(new Set(afterwards.map((one) => one.version))).toEqual(new Set([version]))
      expect(new Set(user.answers.map((one) => one.localPort)).size).toBe(1)
    })
  })
}
