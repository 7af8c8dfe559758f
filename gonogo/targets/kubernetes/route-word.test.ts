import { expect, test } from 'vitest'
import type { ClusterApi } from './cluster-api.ts'
import type { Parent, Route } from './route.ts'
import { unconfirmed } from './route-word.ts'

const ref = { kind: 'HTTPRoute', name: 'web' } as const
const gateway = { name: 'gateway' }
const accepted = { type: 'Accepted', status: 'True', observedGeneration: 2 }
const routeWith = (
  parents: NonNullable<Route['status']>['parents'] = [],
  parentRefs: Parent[] = [gateway],
): Route => ({
  metadata: { name: 'web', namespace: 'prod', generation: 2 },
  spec: { parentRefs },
  status: { parents },
})
const apiOf = (...answers: (Route | null)[]) =>
  ({ read: async () => (answers.length > 1 ? answers.shift() : answers[0]) }) as unknown as ClusterApi
const told = (route: Route, ...later: (Route | null)[]) =>
  unconfirmed(apiOf(...(later.length > 0 ? later : [route])), ref, route, { withinMs: 50 })

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

test('each of several is asked, also where they only have the same name; one that never said anything is none', async () => {
  const inner = { ...gateway, namespace: 'inner' }
  const both = [gateway, inner]
  const has = { parentRef: { ...gateway, namespace: 'prod', kind: 'Gateway' }, conditions: [accepted] }
  const hasNot = { parentRef: inner, conditions: [{ ...accepted, observedGeneration: 1 }] }
  expect(await told(routeWith([has, hasNot], both))).toBe(
    'HTTPRoute web: the router has not confirmed it yet',
  )
  expect(await told(routeWith([has], both))).toBeNull()
  // That one refuses it says nothing about the other, which may lead where it led.
  const refuses = { ...has, conditions: [{ ...accepted, status: 'False', reason: 'NotHere' }] }
  expect(await told(routeWith([refuses, hasNot], both))).toBe(
    'HTTPRoute web: the router has not confirmed it yet',
  )
})

test('nobody waits for what nobody wants any more', async () => {
  const asked = unconfirmed(apiOf(routeWith()), ref, routeWith(), { wanted: () => false })
  expect(await asked).toBeNull()
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
