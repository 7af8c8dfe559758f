import { expect, test } from 'vitest'
import type { ClusterApi } from './cluster-api.ts'
import { type Route, type Shares, shareRoute, sharesByRule, unconfirmed } from './route.ts'

const ref = { kind: 'HTTPRoute', name: 'web' } as const
const gateway = { name: 'gateway' }
const accepted = { type: 'Accepted', status: 'True', observedGeneration: 2 }
const routeWith = (parents: NonNullable<Route['status']>['parents'] = []): Route => ({
  metadata: { name: 'web', namespace: 'prod', generation: 2 },
  spec: { parentRefs: [gateway] },
  status: { parents },
})
const apiOf = (...answers: (Route | null)[]) =>
  ({ read: async () => (answers.length > 1 ? answers.shift() : answers[0]) }) as unknown as ClusterApi
const told = (route: Route, ...later: (Route | null)[]) =>
  unconfirmed(apiOf(...(later.length > 0 ? later : [route])), ref, route, 50)

test('a change is taken when every router that the route names says so of this generation', async () => {
  expect(await told(routeWith([{ parentRef: gateway, conditions: [accepted] }]))).toBeNull()
  const late = routeWith([{ parentRef: gateway, conditions: [{ ...accepted, observedGeneration: 1 }] }])
  expect(await told(late, late, routeWith([{ parentRef: gateway, conditions: [accepted] }]))).toBeNull()
  for (const route of [
    late,
    routeWith(),
    routeWith([{ parentRef: gateway, conditions: [] }]),
    routeWith([{ parentRef: { name: 'an old one' }, conditions: [accepted] }]),
  ])
    expect(await told(route)).toBe('HTTPRoute web: the router has not confirmed it yet')
})

test('a router that refuses it has not taken it, and its words are told', async () => {
  const refusal = { ...accepted, status: 'False', reason: 'NotAllowedByListeners', message: 'not here' }
  expect(await told(routeWith([{ parentRef: gateway, conditions: [refusal] }]))).toBe(
    'HTTPRoute web: the router says NotAllowedByListeners: not here',
  )
})

test('that a Service of somebody else does not exist is no word about the change', async () => {
  const other = { type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound', observedGeneration: 2 }
  expect(await told(routeWith([{ parentRef: gateway, conditions: [accepted, other] }]))).toBeNull()
})

test('the word of a router that the route names no more holds nothing up, and neither does a route that is gone', async () => {
  const old = { parentRef: { name: 'an old one' }, conditions: [{ ...accepted, observedGeneration: 1 }] }
  expect(await told(routeWith([old, { parentRef: gateway, conditions: [accepted] }]))).toBeNull()
  expect(await told(routeWith([old]), null)).toBeNull()
})

test('what only has the name of the service is not the service; each rule has shares of its own', () => {
  const ours = [
    { name: 'web', weight: 3 },
    { name: 'web-canary', weight: 1 },
  ]
  const route: Route = {
    metadata: { name: 'web', namespace: 'prod' },
    spec: {
      rules: [
        { backendRefs: [{ name: 'web', namespace: 'elsewhere' }] },
        { backendRefs: [{ name: 'web', kind: 'TraefikService' }] },
        { backendRefs: [...ours, { name: 'web-canary', namespace: 'elsewhere', weight: 96 }] },
        { backendRefs: [{ name: 'web', namespace: 'prod', kind: 'Service' }] },
      ],
    },
  }
  expect(sharesByRule(route, 'web')).toEqual([{ stable: 75, canary: 25 }, { stable: 100 }])
})

test('whoever else has a share of a rule keeps it, whatever is moved between ours', async () => {
  let refs: { name: string; weight?: number }[] = [
    { name: 'web' },
    { name: 'shadow', weight: 3 },
    { name: 'off', weight: 0 },
  ]
  const api = {
    read: async () => ({ metadata: { name: 'web' }, spec: { rules: [{ backendRefs: refs }] } }),
    patchRoute: async (_: unknown, [, change]: readonly { value: typeof refs }[]) => {
      refs = change?.value ?? []
    },
  } as unknown as ClusterApi
  const shared = async (shares: Shares) => {
    await shareRoute(api, ref, 'web', () => shares)
    return Object.fromEntries(refs.map(({ name, weight }) => [name, weight]))
  }
  // Three quarters of the requests are the other's from beginning to end.
  expect(await shared({ stable: 95, canary: 5 })).toEqual({ web: 95, 'web-canary': 5, shadow: 300, off: 0 })
  expect(await shared({ stable: 50, canary: 50 })).toEqual({ web: 50, 'web-canary': 50, shadow: 300, off: 0 })
  const thirds = { stable: 100 / 3, canary: 200 / 3 }
  expect(await shared(thirds)).toEqual({ web: 33_333, 'web-canary': 66_667, shadow: 300_000, off: 0 })
  expect(await shared({ stable: 100 })).toEqual({ web: 100, shadow: 300, off: 0 })
  expect(await shared({})).toEqual({ web: 1, shadow: 3, off: 0 })
})
