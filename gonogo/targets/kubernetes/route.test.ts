import { expect, test } from 'vitest'
import type { ClusterApi } from './cluster-api.ts'
import { type Route, type Shares, shareRoute, sharesByRule } from './route.ts'

const ref = { kind: 'HTTPRoute', name: 'web' } as const

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
  // Where nothing is stable, as after a first release that went wrong.
  expect(await shared({})).toEqual({ web: 100, shadow: 300, off: 0 })
  refs = [
    { name: 'web', weight: 1 },
    { name: 'shadow', weight: 900 },
  ]
  expect(await shared(thirds)).toEqual({ web: 33, 'web-canary': 67, shadow: 90_000 })
})

test('a rule that somebody gave to others altogether is theirs', async () => {
  const refs = [
    { name: 'web', weight: 0 },
    { name: 'maintenance', weight: 1 },
  ]
  const route = { metadata: { name: 'web' }, spec: { rules: [{ backendRefs: refs }] } }
  const api = { read: async () => route } as unknown as ClusterApi
  expect(await shareRoute(api, ref, 'web', () => ({ stable: 95, canary: 5 }))).toBe(route)
  expect(sharesByRule(route, 'web')).toEqual([])
})
