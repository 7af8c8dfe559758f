import { expect, test } from 'vitest'
import type { Pod } from './cluster-api.ts'
import { configOf } from './fake-ready-cluster.ts'
import { instanceOf } from './pods.ts'
import { LABELS } from './render.ts'
import { emptyState } from './saved-state.ts'
import { stateOf, type World } from './world.ts'

const config = configOf()
const pod = (ready: string, containersReady: string, spec: object = {}) =>
  ({
    metadata: { name: 'web-1' },
    spec: { nodeName: 'node1', containers: [], ...spec },
    status: {
      conditions: [
        { type: 'Ready', status: ready },
        { type: 'ContainersReady', status: containersReady },
      ],
    },
  }) as Pod
const words = (one: Pod) => instanceOf(one, '1.0.0', config).notReady ?? null

test('a pod whose node does not answer any more is told from one that says itself that it is not ready', () => {
  expect(words(pod('False', 'True'))).toBe('pod web-1: its node node1 is not ready')
  expect(words(pod('False', 'False'))).toBeNull()
  expect(words(pod('True', 'True'))).toBeNull()
  // Somebody else's condition keeps it from being ready.
  expect(words(pod('False', 'True', { readinessGates: [{ conditionType: 'x' }] }))).toBeNull()
})

test('what keeps a container from being started is said in the kubelet’s words', () => {
  const waiting = (reason: string) => {
    const one = pod('False', 'False')
    const state = { waiting: { reason, message: 'registry is away' } }
    const status = { ...one.status, containerStatuses: [{ name: 'web', restartCount: 0, state }] }
    return words({ ...one, status } as Pod)
  }
  expect(waiting('ImagePullBackOff')).toBe('pod web-1, container web: ImagePullBackOff registry is away')
  expect(waiting('CreateContainerConfigError')).toMatch(/CreateContainerConfigError/)
  expect(waiting('ContainerCreating')).toBeNull()
})

test('a pod that was evicted is no instance, and is why the one in its place is not ready yet', () => {
  const labels = { [LABELS.component]: 'web', [LABELS.version]: '1.0.0' }
  const made = (name: string, status: object) =>
    ({ metadata: { name, labels }, spec: { containers: [] }, status }) as Pod
  const gone = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }
  const starting = made('web-2', { phase: 'Pending', conditions: [] })
  const pods = [made('web-1', gone), made('web-0', { phase: 'Succeeded' }), starting]
  const record = { workload: { version: '1.0.0' }, manifests: [], desired: 1, slot: 'stable' }
  const state = { ...emptyState(), versions: { '1.0.0': record } }
  const world = { config, of: 'web', map: { state } } as unknown as World
  const { instances } = stateOf(world, pods, null)
  expect(instances.map(({ id, notReady }) => [id, notReady])).toEqual([
    ['web-2', 'pod web-1 was evicted: The node was low on resource: memory.'],
  ])
})

test('a proxy that was put in front of the service is not taken for it, and a node started again is no loop', () => {
  const own = {
    name: 'web',
    image: 'web@sha256:1',
    readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
  }
  const proxy = {
    name: 'proxy',
    image: 'proxy@sha256:2',
    readinessProbe: { httpGet: { path: '/live', port: 4191 } },
  }
  const meshed = {
    metadata: { name: 'web-1', annotations: { 'kubectl.kubernetes.io/default-container': 'web' } },
    spec: { containers: [proxy, own] },
    status: {
      podIP: '10.0.0.1',
      initContainerStatuses: [{ restartCount: 1 }],
      containerStatuses: [{ restartCount: 1 }, { restartCount: 1 }],
    },
  } as unknown as Pod
  expect(instanceOf(meshed, '1.0.0', config)).toMatchObject({
    digest: 'sha256:1',
    url: 'http://10.0.0.1:8080',
    readyPath: '/ready',
    restarts: 1,
  })
})
