import { expect, test } from 'vitest'
import { render } from './bring-up.ts'
import type { Controller } from './cluster-api.ts'
import { drift, nameOf, templateDigest } from './drift.ts'
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
  const words = drift({ ...world, watches } as unknown as World) ?? ''
  // There are no Deployments here, which is told after what there is of routes.
  return words.replace(/(^|; )Deployment web is gone; Deployment web-canary is gone$/, '') || null
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
  const off = [{ name: 'web', weight: 0 }, { name: 'maintenance' }]
  expect(await told(declared, [{ name: 'other' }], off)).toBeNull()
  expect(await told([...declared, { name: 'shadow', weight: 900 }])).toBeNull()
})

type Live = { readonly managers?: object[]; readonly template?: object; readonly replicas?: number }

/** What is told of Deployments that are as they were declared, but for what is given of one. */
async function toldOf(
  name: string,
  { managers = [], template = {}, replicas }: Live,
  found: object | null = null,
) {
  const { world, state } = await worldOf({ desired: 1, weight: 25 })
  Object.assign(state, { found })
  const { '1.0.0': stable, '1.1.0': canary } = state.versions
  const all = [stable, canary].flatMap((record) =>
    record ? render(world, record, record.slot, record.desired).components : [],
  )
  const controllers = all.map(({ controller }) => {
    if (controller.metadata?.name !== name) return controller
    const spec = { ...controller.spec, template: { ...controller.spec?.template, ...template } }
    const size = replicas === undefined ? {} : { replicas }
    const metadata = { ...controller.metadata, managedFields: managers }
    return { ...controller, metadata, spec: { ...spec, ...size } }
  }) as Controller[]
  const shares = [
    { name: 'web', weight: 75 },
    { name: 'web-canary', weight: 25 },
  ]
  const route = { metadata: { name: 'web' }, spec: { rules: [{ backendRefs: shares }] } }
  const watches = { route: () => route, controllers: () => controllers, autoscalers: () => [] }
  const digests = all.map(({ controller }) => [nameOf(controller), templateDigest(controller)])
  return { words: drift({ ...world, watches } as unknown as World), digests: Object.fromEntries(digests) }
}

const owner = (manager: string, operation: string, fields: object) => ({
  manager,
  operation,
  fieldsV1: { 'f:spec': { 'f:template': fields } },
})
const env = { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { 'f:env': {} } } } }

test('what others put into the pods beside the stable ones is told, once more for each change', async () => {
  const ours = owner('gonogo', 'Apply', { 'f:metadata': {} })
  const same = owner('argocd', 'Apply', { 'f:metadata': {} })
  expect((await toldOf('web-canary', { managers: [ours, same] })).words).toBeNull()
  const managers = [ours, owner('kubectl-set', 'Update', env)]
  const { words } = await toldOf('web-canary', { managers })
  expect(words).toMatch(/^Deployment web-canary: kubectl-set changed its pod template \([0-9a-f]{8}\)$/)
  const again = await toldOf('web-canary', { managers, template: { byHand: 'again' } })
  expect(again.words).not.toBe(words)
})

test('what was in the stable pods when the deployment began is no change; any other template is', async () => {
  const managers = [owner('helm', 'Update', env)]
  const { digests } = await toldOf('web', {})
  const found = { version: '1.0.0', templates: digests }
  expect((await toldOf('web', { managers }, found)).words).toBeNull()
  expect((await toldOf('web', { managers }, null)).words).toBeNull()
  const changed = await toldOf('web', { managers, template: { byHand: 'yes' } }, found)
  expect(changed.words).toMatch(/^Deployment web: helm changed its pod template/)
})

test('all that was changed is told, so that what is accepted hides nothing', async () => {
  const managers = [owner('kubectl-set', 'Update', env)]
  const { words } = await toldOf('web-canary', { managers, replicas: 7 })
  expect(words).toMatch(
    /kubectl-set changed its pod template .*; Deployment web-canary is set to 7 pods, not 1$/,
  )
  expect((await toldOf('web', { replicas: 5 })).words).toBe('Deployment web is set to 5 pods, not 1')
})

test('before a first version has any traffic, where users come to is as it was', async () => {
  const { world, state } = await worldOf({ desired: 1, weight: 0 })
  delete state.versions['1.0.0']
  Object.assign(state, { stable: null, weights: {} })
  const route = {
    metadata: { name: 'web' },
    spec: { rules: [{ backendRefs: [{ name: 'web', weight: 1 }] }] },
  }
  const watches = { route: () => route, controllers: () => [] }
  expect(drift({ ...world, watches } as unknown as World)).toBe('Deployment web-canary is gone')
})
