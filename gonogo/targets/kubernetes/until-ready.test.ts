import { expect, test } from 'vitest'
import type { Controller, Pod } from './cluster-api.ts'
import { kubernetesConfigSchema } from './config.ts'
import { untilReady } from './until-ready.ts'
import type { World } from './world.ts'

const config = kubernetesConfigSchema.parse({
  kind: 'kubernetes',
  namespace: 'prod',
  routes: [{ name: 'web' }],
  url: 'http://web.example',
  readyTimeoutMs: 500,
  components: { web: { manifest: 'web.yaml', public: true } },
})
const counts = { replicas: 1, updatedReplicas: 1, availableReplicas: 1, observedGeneration: 1 }
const controller = {
  kind: 'Deployment',
  metadata: { name: 'web', generation: 1 },
  spec: { replicas: 1 },
  status: counts,
} as unknown as Controller

/** A cluster whose one pod is ready or not, look by look; as in the last one from then on. */
function lookedAt(looks: readonly boolean[]) {
  const seen = { looks: 0 }
  const isReady = () => looks[Math.min(seen.looks++, looks.length - 1)]
  const pod = (): Pod => ({
    metadata: { name: 'web-1' },
    status: { conditions: [{ type: 'Ready', status: isReady() ? 'True' : 'False' }] },
  })
  const api = { read: async () => controller, list: async () => [pod()] }
  const watches = { next: () => new Promise<void>((resolve) => setImmediate(resolve)) }
  const world = { config, of: 'web', api, watches, ending: new Set<string>() } as unknown as World
  const awaited = {
    version: '1.1.0',
    slot: 'canary' as const,
    component: 'web',
    controller,
    replicas: 1,
    goesOn: () => true,
  }
  return { seen, wait: () => untilReady(world, awaited) }
}

test('a pod that is called ready for a moment, before its probe was asked, is not yet', async () => {
  const { seen, wait } = lookedAt([true, false, false, true])
  const startedAt = performance.now()
  expect(await wait()).toBeNull()
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300)
  expect(seen.looks).toBeGreaterThan(4)
})

test('one that never is for long is not ready when the time is up', async () => {
  const looks = Array.from({ length: 100_000 }, (_, index) => index % 2 === 0)
  expect(await lookedAt(looks).wait()).toMatchObject({ ok: false, code: 'not-ready' })
})
