import { ApiException } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { worldOf } from './fake-ready-cluster.ts'
import { revert } from './traffic-calls.ts'

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
