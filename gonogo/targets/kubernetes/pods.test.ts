import { expect, test } from 'vitest'
import type { Pod } from './cluster-api.ts'
import { kubernetesConfigSchema } from './config.ts'
import { instanceOf } from './pods.ts'

const config = kubernetesConfigSchema.parse({
  kind: 'kubernetes',
  namespace: 'prod',
  routes: [{ name: 'web' }],
  url: 'http://web.example',
  components: { web: { manifest: 'web.yaml', public: true } },
})
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
