import { expect, test } from 'vitest'
import { drift } from './drift.ts'
import { worldOf } from './fake-ready-cluster.ts'
import type { Route } from './route.ts'
import type { World } from './world.ts'

const declared = [
  { name: 'web', weight: 75 },
  { name: 'web-canary', weight: 25 },
]

/** What is told of a route with such rules; a rule is the weights of `web` and `web-canary`, or others' backends. */
async function told(...rules: readonly (readonly object[])[]): Promise<string | null> {
  const { world } = await worldOf({ desired: 1, weight: 25 })
  const route = { metadata: { name: 'web' }, spec: { rules: rules.map((backendRefs) => ({ backendRefs })) } }
  const watches = { route: () => route as Route, controllers: () => [] }
  return drift({ ...world, watches } as unknown as World)
}

test('each rule that leads to the service is looked at', async () => {
  const byHand = [
    { name: 'web', weight: 60 },
    { name: 'web-canary', weight: 40 },
  ]
  expect(await told(declared, byHand)).toBe('HTTPRoute web gives 60 % to web, not the 75 % that were set')
  expect(await told(byHand, declared)).toBe('HTTPRoute web gives 60 % to web, not the 75 % that were set')
})

test('a route that leads there no more is told, also where all of it was given to others', async () => {
  const none = 'HTTPRoute web leads to web no more'
  expect(await told([{ name: 'other' }])).toBe(none)
  expect(await told([{ name: 'web', weight: 0 }, { name: 'maintenance' }])).toBe(none)
  expect(await told()).toBe(none)
})

test('what others have beside it, in its rules or in rules of their own, is no drift', async () => {
  // The next thing that is looked at: there are no Deployments here.
  const next = 'Deployment web is gone'
  const off = [{ name: 'web', weight: 0 }, { name: 'maintenance' }]
  expect(await told(declared, [{ name: 'other' }], off)).toBe(next)
  expect(await told([...declared, { name: 'shadow', weight: 900 }])).toBe(next)
})
