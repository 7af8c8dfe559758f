import { ApiException } from '@kubernetes/client-node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { bringUp } from './bring-up.ts'
import { worldOf } from './fake-ready-cluster.ts'
import { LABELS } from './render.ts'
import type { VersionRecord } from './saved-state.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { scale } from './workload-calls.ts'
import type { World } from './world.ts'

/** More than a change of weights has patience for. */
const LOOKS = 6
/** How much later each look is, for those who wait. */
const A_LOOK_MS = 3000
const canary = { desired: 1, weight: 25 }
const routes = ['web', 'inner', 'outer']
const forbids = (name: string) => (request: string) => {
  if (request === `patch HTTPRoute ${name}`) throw new ApiException(403, '', '{"message":"not this one"}', {})
}

test('a route that is gone holds up no way back, and is named', async () => {
  const { world, cluster, state } = await worldOf(canary, { routes })
  cluster.dropRoute('web')
  const outcome = await revert(world, '1.0.0', '1.1.0')
  expect(outcome).toMatchObject({ ok: true, detail: expect.stringContaining('there is no HTTPRoute web;') })
  for (const name of ['inner', 'outer']) expect(cluster.shares(name)).toEqual({ web: '100' })
  expect(Object.keys(state.versions)).toEqual(['1.0.0'])
})

test('one that may not be changed holds up only the end of the version to which it leads', async () => {
  const { world, cluster, state } = await worldOf(canary, { routes })
  cluster.before = forbids('web')
  expect(await revert(world, '1.0.0', '1.1.0')).toEqual({
    ok: false,
    code: 'route-refused',
    detail: 'HTTPRoute web: not this one',
  })
  for (const name of ['inner', 'outer']) expect(cluster.shares(name)).toEqual({ web: '100' })
  expect(cluster.versions()).toEqual({ web: '1.0.0', 'web-canary': '1.1.0' })
  cluster.before = () => undefined
  expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
  expect(cluster.shares()).toEqual({ web: '100' })
  expect(Object.keys(state.versions)).toEqual(['1.0.0'])
})

test('one that may not be changed and leads to no other version is named', async () => {
  const { world, cluster } = await worldOf(canary, { routes })
  cluster.putRoute('web', [
    { name: 'web', weight: 100 },
    { name: 'web-canary', weight: 0 },
  ])
  cluster.before = forbids('web')
  const outcome = await revert(world, '1.0.0', '1.1.0')
  expect(outcome).toMatchObject({
    ok: true,
    detail: expect.stringContaining('; HTTPRoute web: not this one;'),
  })
  expect(cluster.versions()).toEqual({ web: '1.0.0' })
})

test('the configuration of the version that went goes with it', async () => {
  const { world, cluster, state } = await worldOf(canary)
  const next = state.versions['1.1.0'] as VersionRecord
  next.workload = { ...next.workload, config: { text: 'of its own' } }
  await bringUp(world, next, 'canary', 1)
  const names = async () =>
    (await cluster.api.list('v1', 'ConfigMap', `${LABELS.of}=web`)).map(({ metadata }) => metadata?.name)
  const [gone] = await names()
  expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
  expect(await names()).toEqual([expect.not.stringMatching(gone ?? 'none')])
})

test('configuration that cannot be taken away holds up no way back, and is named', async () => {
  const { world, cluster, state } = await worldOf(canary)
  cluster.before = (request) => {
    if (request.startsWith('list ReplicaSet'))
      throw new ApiException(403, '', '{"message":"no list of those"}', {})
  }
  expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/; 1.1.0 ended; its configuration is left: no list of those$/),
  })
  expect(Object.keys(state.versions)).toEqual(['1.0.0'])
})

test('that a route leads to the service in no rule is said by whoever sets weights and whoever goes back', async () => {
  const { world, cluster } = await worldOf({ desired: 1, weight: 0 })
  const byHand = [
    { name: 'web', weight: 0 },
    { name: 'maintenance', weight: 1 },
  ]
  cluster.putRoute('web', byHand)
  const said = { ok: true, detail: expect.stringContaining('; HTTPRoute web leads to web in no rule') }
  expect(await setWeights(world, { '1.0.0': 95, '1.1.0': 5 })).toMatchObject(said)
  expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject(said)
  expect(cluster.shares()).toEqual({ web: '0', maintenance: '1' })
})

const move = (world: World) => promote(world, '1.1.0')
const goBack = (world: World) => revert(world, '1.0.0', '1.1.0')
const shrink = (world: World) => {
  Object.assign(world.map.state.versions['1.0.0'] ?? {}, { desired: 2 })
  return scale(world, '1.0.0', 1)
}
const [rolls, ends] = ['apply Deployment web', 'remove Deployment web-canary']

test.each([
  { by: 'the way back', weight: 25, call: goBack, endsPods: ends },
  { by: 'a promotion, the old version’s', call: move, endsPods: rolls },
  { by: 'a promotion, the canary’s', call: move, endsPods: ends, since: rolls },
  {
    by: 'a promotion that was broken off after the copy',
    slots: ['previous', 'canary'],
    call: move,
    endsPods: rolls,
  },
  { by: 'one that was broken off before its end', slots: ['previous', 'stable'], call: move, endsPods: ends },
  { by: 'one pod less', call: shrink, endsPods: rolls },
])(
  'no pod is ended while a router may still lead to it, by $by',
  async ({ weight = 100, slots, call, endsPods, since }) => {
    const { world, state, cluster } = await worldOf({ desired: 1, weight })
    for (const [index, record] of Object.values(state.versions).entries())
      Object.assign(record, { slot: slots?.[index] ?? record.slot })
    cluster.routerReads = since !== undefined
    const now = performance.now.bind(performance)
    const seen: string[] = []
    let looked = 0
    cluster.before = (request) => {
      if (request === since) cluster.routerReads = false
      if (request.startsWith('read HTTPRoute') && !cluster.routerReads) looked++
      if (looked > LOOKS) cluster.routerReads = true
      if (request === endsPods) seen.push(cluster.routerReads ? 'in time' : 'early')
    }
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + looked * A_LOOK_MS)
    onTestFinished(() => clock.mockRestore())
    expect(await call(world)).toMatchObject({ ok: true })
    expect(looked).toBeGreaterThan(LOOKS)
    expect(new Set(seen)).toEqual(new Set(['in time']))
  },
)

test('a promotion says which router has not confirmed its route', async () => {
  const { world, cluster } = await worldOf({ desired: 1, weight: 100 })
  cluster.routerReads = false
  const now = performance.now.bind(performance)
  let looked = 0
  cluster.before = (request) => {
    if (request.startsWith('read HTTPRoute')) looked++
  }
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + looked * 20_000)
  onTestFinished(() => clock.mockRestore())
  expect(await promote(world, '1.1.0')).toMatchObject({
    ok: true,
    detail: expect.stringMatching(
      /^1.1.0 is the stable version; HTTPRoute web: the router has not confirmed it/,
    ),
  })
})
