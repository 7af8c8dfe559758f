import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../target.ts'
import { act } from './act.ts'
import { recordOf, worldOf } from './fake-ready-cluster.ts'
import { LABELS } from './render.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { deploy } from './workload-calls.ts'

type Seen = Awaited<ReturnType<typeof worldOf>>

/** Holds the first request of this name until it may go on. */
function held({ cluster }: Seen, request: string) {
  const reached = Promise.withResolvers<void>()
  const going = Promise.withResolvers<void>()
  const before = cluster.before
  cluster.before = (name) => {
    if (name !== request) return before(name)
    cluster.before = before
    reached.resolve()
    return going.promise
  }
  return { reached: reached.promise, go: () => going.resolve() }
}

const endpointsOf = (service: string) => `list EndpointSlice kubernetes.io/service-name=${service}`
const weights = { '1.0.0': 50, '1.1.0': 50 }

/** Everything is as if the version that went had never been there. */
function expectGone({ state, cluster }: Seen, late: Outcome): void {
  expect(cluster.shares()).toEqual({ web: '100' })
  expect(cluster.versions()).toEqual({ web: '1.0.0' })
  expect(state.stable).toBe('1.0.0')
  expect(state.weights).toEqual({ '1.0.0': 100 })
  expect(Object.keys(state.versions)).toEqual(['1.0.0'])
  expect(late).toMatchObject({ ok: false, code: 'ended' })
}

describe.concurrent('a rollback', { timeout: 20_000 }, () => {
  for (const [moment, request] of [
    ['copies the old version', 'apply Deployment web-previous'],
    ['waits for the copy', endpointsOf('web-previous')],
    ['waits for the stable slot', endpointsOf('web')],
  ] as const)
    test(`that ends while a promotion ${moment} is not undone by it`, async () => {
      const seen = await worldOf({ desired: 1, weight: 100 })
      const promotion = held(seen, request)
      const promoted = promote(seen.world, '1.1.0')
      await promotion.reached
      expect(await revert(seen.world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
      promotion.go()
      expectGone(seen, await promoted)
    })

  for (const [call, weight, request] of [
    [{ method: 'promote', version: '1.1.0', key: 'p' }, 100, 'apply Deployment web'],
    [{ method: 'setWeights', weights, key: 'w' }, 0, 'patch HTTPRoute web'],
    [
      { method: 'deploy', workload: recordOf('1.1.0', 'canary').workload, key: 'd' },
      0,
      'apply Service web-canary',
    ],
  ] as const)
    test(`that meets a ${call.method} in the middle of a write has the last word`, async () => {
      const seen = await worldOf({ desired: 1, weight })
      const write = held(seen, request)
      const late = act(seen.world, call)
      await write.reached
      const reverted = act(seen.world, { method: 'revert', version: '1.0.0', drop: '1.1.0', key: 'r' })
      // By then it has come as far as it can.
      await Promise.race([reverted, wait(1500)])
      expect(Object.values(seen.cluster.shares())).toEqual(['100'])
      expect(seen.cluster.shares()['web-canary']).toBeUndefined()
      write.go()
      expect(await reverted).toMatchObject({ ok: true })
      expectGone(seen, await late)
    })

  test.each([
    ['is about to take', 'read HTTPRoute web'],
    ['takes', 'apply Deployment web'],
  ])('gives back the pods that a call %s from the version that stays', async (_, request) => {
    const seen = await worldOf({ desired: 1, weight: 50 })
    const pods = async () => (await seen.cluster.api.list('v1', 'Pod', `${LABELS.slot}=stable`)).length
    const stable = { ...recordOf('1.0.0', 'stable').workload, replicas: 3 }
    seen.state.stableWorkload = stable
    expect(await act(seen.world, { method: 'scale', version: '1.0.0', replicas: 3, key: 'g' })).toMatchObject(
      { ok: true },
    )
    const write = held(seen, request)
    const late = act(seen.world, { method: 'scale', version: '1.0.0', replicas: 2, key: 's' })
    await write.reached
    const reverted = act(seen.world, { method: 'revert', version: '1.0.0', drop: '1.1.0', key: 'r' })
    // By then it has come as far as it can.
    await Promise.race([reverted, wait(1500)])
    expect(seen.cluster.shares()).toEqual({ web: '100' })
    write.go()
    expect(await reverted).toMatchObject({ ok: true })
    expectGone(seen, await late)
    expect(await pods()).toBe(3)
    expect(seen.state.versions['1.0.0']?.desired).toBe(3)
  })

  test('without a route has the last word about whom the Service selects', async () => {
    const seen = await worldOf({ desired: 1, weight: 0 }, { routes: [] })
    const write = held(seen, 'apply Service web')
    const late = act(seen.world, { method: 'setWeights', weights, key: 'w' })
    await write.reached
    const reverted = act(seen.world, { method: 'revert', version: '1.0.0', drop: '1.1.0', key: 'r' })
    // By then it has come as far as it can.
    await Promise.race([reverted, wait(4000)])
    write.go()
    expect(await reverted).toMatchObject({ ok: true })
    expect(await late).toMatchObject({ ok: false, code: 'ended' })
    const service = await seen.cluster.api.read('v1', 'Service', 'web')
    expect(service).toMatchObject({ spec: { selector: { [LABELS.slot]: 'stable' } } })
    expect(seen.state.weights).toEqual({ '1.0.0': 100 })
  })

  test('that is about to move the weights is not overtaken by a promotion', async () => {
    const seen = await worldOf({ desired: 1, weight: 100 })
    const promotion = held(seen, endpointsOf('web-previous'))
    const promoted = promote(seen.world, '1.1.0')
    await promotion.reached
    const shift = held(seen, 'patch HTTPRoute web')
    const reverted = revert(seen.world, '1.0.0', '1.1.0')
    await shift.reached
    promotion.go()
    const late = await promoted
    shift.go()
    expect(await reverted).toMatchObject({ ok: true })
    expectGone(seen, late)
  })

  test('is not overwritten by weights that were under way', async () => {
    const seen = await worldOf({ desired: 1, weight: 25 })
    const step = held(seen, 'patch HTTPRoute web')
    const set = setWeights(seen.world, weights)
    await step.reached
    expect(await revert(seen.world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
    step.go()
    expectGone(seen, await set)
  })

  test('takes back the weights that come after it has found nothing to change', async () => {
    const seen = await worldOf({ desired: 1, weight: 0 })
    const step = held(seen, 'patch HTTPRoute web')
    const set = setWeights(seen.world, weights)
    await step.reached
    const workloads = held(seen, 'apply Deployment web')
    const reverted = revert(seen.world, '1.0.0', '1.1.0')
    await workloads.reached
    step.go()
    const late = await set
    expect(seen.cluster.shares()).toEqual({ web: '50', 'web-canary': '50' })
    workloads.go()
    expect(await reverted).toMatchObject({ ok: true })
    expectGone(seen, late)
  })

  test('may itself be gone back from', async () => {
    const { world, state, cluster } = await worldOf({ desired: 1, weight: 25 })
    expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
    expect(await revert(world, '1.1.0', '1.0.0')).toMatchObject({ ok: true })
    expect(cluster.shares()).toEqual({ web: '100' })
    expect(cluster.versions()).toEqual({ web: '1.1.0' })
    expect(state.stable).toBe('1.1.0')
  })

  test('leaves nothing of a version that was still being deployed, which may be deployed again', async () => {
    const seen = await worldOf({ desired: 0, weight: 0 })
    const { workload } = recordOf('1.1.0', 'canary')
    const start = held(seen, 'apply Deployment web-canary')
    const deployed = deploy(seen.world, workload)
    await start.reached
    expect(await revert(seen.world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
    start.go()
    expectGone(seen, await deployed)
    expect(await setWeights(seen.world, weights)).toMatchObject({ ok: false, code: 'ended' })
    seen.state.versions['1.1.0'] = recordOf('1.1.0', 'canary')
    expect(await deploy(seen.world, workload)).toMatchObject({ ok: true })
    expect(await setWeights(seen.world, weights)).toMatchObject({ ok: true })
  })
})
