import { expect, test } from 'vitest'
import { render } from './bring-up.ts'
import { drift } from './drift.ts'
import { worldOf } from './fake-ready-cluster.ts'
import type { Route } from './route.ts'
import type { World } from './world.ts'
import { beginDeployment, noteWritten } from './written.ts'

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

type Live = {
  readonly generation: number
  readonly by?: string
  readonly uid?: string
  readonly template?: object
  readonly replicas?: number
}

/** Both Deployments as gonogo wrote them, of the second generation. */
async function written() {
  const seen = await worldOf({ desired: 1, weight: 25 })
  const { '1.0.0': stable, '1.1.0': canary } = seen.state.versions
  const declared = [stable, canary].flatMap((record) =>
    record ? render(seen.world, record, record.slot, record.desired).components : [],
  )
  for (const { controller } of declared)
    noteWritten(seen.world, { ...controller, metadata: { ...controller.metadata, generation: 2 } })
  const shares = [
    { name: 'web', weight: 75 },
    { name: 'web-canary', weight: 25 },
  ]
  const route = { metadata: { name: 'web' }, spec: { rules: [{ backendRefs: shares }] } }
  /** What is told when one of them is like that; `scaler`: which of them an autoscaler decides about. */
  const told = (name: string, live: Live, scaler = '') => {
    const controllers = declared.map(({ controller: { spec, ...one } }) => {
      const isIt = one.metadata?.name === name
      const owner = {
        manager: live.by,
        operation: 'Update',
        fieldsV1: { 'f:spec': { 'f:template': { x: {} } } },
      }
      const own = {
        managedFields: isIt && live.by ? [owner] : [],
        generation: isIt ? live.generation : 2,
        ...(isIt && live.uid && { uid: live.uid }),
      }
      const size = isIt && live.replicas !== undefined ? { replicas: live.replicas } : {}
      const template = { ...spec?.template, ...(isIt && live.template) }
      return { ...one, metadata: { ...one.metadata, ...own }, spec: { ...spec, template, ...size } }
    })
    const autoscalers = [{ spec: { scaleTargetRef: { kind: 'Deployment', name: scaler } } }]
    const watches = { route: () => route, controllers: () => controllers, autoscalers: () => autoscalers }
    return drift({ ...seen.world, watches } as unknown as World)
  }
  return { told, world: seen.world }
}

const byHand = { byHand: 'yes' }

test('whatever somebody changes of a workload’s spec is told, once more for each change, until it is undone', async () => {
  const { told } = await written()
  expect(told('web-canary', { generation: 2 })).toBeNull()
  const first = told('web-canary', { generation: 3, by: 'kubectl-set', template: byHand })
  expect(first).toMatch(/^kubectl-set changed Deployment web-canary \(spec [0-9a-f]{8}\)$/)
  const next = told('web-canary', { generation: 4, by: 'kubectl-set', template: { byHand: 'again' } })
  expect(next).not.toBe(first)
  // Undone; and an annotation, which has a generation of its own as well.
  expect(told('web-canary', { generation: 5 })).toBeNull()
  expect(told('web', { generation: 3, replicas: 5 })).toMatch(
    /^Deployment web is set to 5 pods, not 1 \(spec/,
  )
})

test('what is accepted hides no later change of the same workload', async () => {
  const { told } = await written()
  const size = told('web', { generation: 3, replicas: 5 })
  expect(told('web', { generation: 4, replicas: 5, template: byHand })).not.toBe(size)
})

test('one that was made anew is another', async () => {
  const { told } = await written()
  expect(told('web-canary', { generation: 1, uid: 'another' })).not.toBeNull()
})

test('a watch that is behind what gonogo wrote tells of nothing', async () => {
  const { told } = await written()
  expect(told('web-canary', { generation: 1, replicas: 0 })).toBeNull()
})

test('how a deployment finds things is no change, whatever they were declared as', async () => {
  const { told, world } = await written()
  beginDeployment(world, 'd-1')
  const found = { generation: 9, replicas: 5, template: byHand }
  expect(told('web', found)).toBeNull()
  expect(told('web', { ...found, generation: 10, replicas: 4 })).not.toBeNull()
  // Taken up again it is the same deployment.
  beginDeployment(world, 'd-1')
  expect(told('web', { ...found, generation: 10, replicas: 4 })).not.toBeNull()
})

test('an autoscaler changes the number of pods and nothing else', async () => {
  const { told } = await written()
  expect(told('web', { generation: 2 }, 'web')).toBeNull()
  expect(told('web', { generation: 7, replicas: 4 }, 'web')).toBeNull()
  const changed = (replicas: number) =>
    told('web', { generation: 8, replicas, by: 'kubectl-set', template: byHand }, 'web')
  expect(changed(4)).toMatch(/^kubectl-set changed Deployment web \(spec/)
  expect(changed(6)).toBe(changed(4))
})

test('all that was changed is told, so that what is accepted hides nothing', async () => {
  const { told, world } = await written()
  const { workloads } = world.map.state.written
  workloads['Deployment web'] = { uid: '', generation: 1, replicas: 3, rest: 'sha256:other' }
  expect(told('web-canary', { generation: 3, by: 'helm', template: byHand })).toMatch(
    /^somebody changed Deployment web \(spec \w+\); helm changed Deployment web-canary \(spec \w+\)$/,
  )
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
