import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubernetesObject } from '@kubernetes/client-node'
import { afterAll, expect, test } from 'vitest'
import type { ClusterApi, Controller } from './cluster-api.ts'
import { kubernetesConfigSchema } from './config.ts'
import { LABELS } from './render.ts'
import { routerCounters } from './router-counters.ts'
import { emptyState, type Manifest, type SavedState, type VersionRecord } from './saved-state.ts'
import { nameIn, type Slot } from './slots.ts'
import { revert } from './traffic-calls.ts'
import { deploy } from './workload-calls.ts'
import type { World } from './world.ts'

/** A router whose page is never written to its end. */
const hanging = createServer(() => undefined).listen(0, '127.0.0.1')
afterAll(() => {
  hanging.closeAllConnections()
  hanging.close()
})

const manifests = [
  {
    component: 'web',
    isFound: false,
    objects: [
      {
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
      },
      {
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'web', image: '${image}' }] },
          },
        },
      },
    ],
  },
] as Manifest[]
const digest = `sha256:${'a'.repeat(64)}`
const record = (version: string, slot: Slot): VersionRecord => ({
  workload: { version, artifact: 'x', digest, replicas: 1, config: {} },
  manifests,
  desired: 1,
  slot,
})

/** The part of a cluster that a revert asks: what is applied is there and ready at once. */
function readyCluster(): ClusterApi & { written: string[] } {
  const deployments = new Map<string, Controller>()
  const written: string[] = []
  const route = {
    metadata: { generation: 1 },
    spec: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
  }
  const read = { parents: [{ conditions: [{ observedGeneration: 1 }] }] }
  const podOf = ({ metadata, spec }: Controller) => ({
    metadata: { name: metadata?.name, labels: spec?.template.metadata?.labels },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  })
  const api: Partial<ClusterApi> = {
    read: async (_api, kind, name) => {
      if (kind === 'HTTPRoute') return { ...route, status: read } as never
      const found = deployments.get(name)
      const counts = { replicas: 1, updatedReplicas: 1, availableReplicas: 1, observedGeneration: 1 }
      return (found ? { ...found, status: counts } : null) as never
    },
    list: async (_api, kind, selector) => {
      const wanted = selector.split(',')
      const has = ({ metadata }: KubernetesObject) =>
        wanted.every((one) => {
          const [label = '', value] = one.split('=')
          return metadata?.labels?.[label] === value
        })
      const pods = [...deployments.values()].map(podOf) as KubernetesObject[]
      return (kind === 'Pod' ? pods : kind === 'Deployment' ? [...deployments.values()] : []).filter(
        has,
      ) as never
    },
    apply: async (object) => {
      if (object.kind === 'Deployment') deployments.set(object.metadata?.name ?? '', object as Controller)
    },
    patchRoute: async (_ref, operations) => {
      written.push(JSON.stringify(operations))
      return { ...route, status: read } as never
    },
    remove: async (_api, kind, name) => {
      if (kind === 'Deployment') deployments.delete(name)
    },
  }
  return Object.assign(api as ClusterApi, { written })
}

/** 1.0.0 is the stable version, 1.1.0 in the canary's slot, behind a router that never answers. */
async function worldOf(canary: { readonly desired: number; readonly weight: number }) {
  const state: SavedState = {
    ...emptyState(),
    stable: '1.0.0',
    stableWorkload: record('1.0.0', 'stable').workload,
    weights: { '1.0.0': 100 - canary.weight, '1.1.0': canary.weight },
    versions: {
      '1.0.0': record('1.0.0', 'stable'),
      '1.1.0': { ...record('1.1.0', 'canary'), desired: canary.desired },
    },
  }
  const api = readyCluster()
  for (const { slot, workload } of Object.values(state.versions)) {
    const labels = {
      [LABELS.of]: 'web',
      [LABELS.component]: 'web',
      [LABELS.slot]: slot,
      [LABELS.version]: workload.version,
    }
    await api.apply({
      kind: 'Deployment',
      metadata: { name: nameIn(slot, 'web'), labels },
      spec: { template: { metadata: { labels } } },
    } as KubernetesObject)
  }
  const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`
  const counters = routerCounters({
    router: { kind: 'traefik', metrics: url },
    namespace: 'prod',
    service: 'web',
    state: () => state,
  })
  const world = {
    config: kubernetesConfigSchema.parse({
      kind: 'kubernetes',
      namespace: 'prod',
      routes: [{ name: 'web' }],
      url: 'http://web.example',
      components: { web: { manifest: 'web.yaml', public: true } },
    }),
    root: '.',
    of: 'web',
    api,
    map: { state, save: async () => undefined },
    watches: { next: async () => undefined },
    counters,
    ending: new Set<string>(),
  } as unknown as World
  return { world, state, counters }
}

test('a router that tells nothing slows nobody down who goes back, and what was not read is said', async () => {
  const { world, state, counters } = await worldOf({ desired: 1, weight: 50 })
  const startedAt = performance.now()
  expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(Object.keys(state.versions)).toEqual(['1.0.0'])
  expect(counters.takeUnread()).toContain('the last requests to web-canary are counted for nobody')
})

test('a version that is deployed while the router tells nothing is not told by the numbers of the one before', async () => {
  const { world, state, counters } = await worldOf({ desired: 0, weight: 0 })
  state.bases['canary 1'] = { requests: 3, errors: 0, buckets: [] }
  const { workload } = record('1.1.0', 'canary')
  expect(await deploy(world, workload)).toMatchObject({ ok: true })
  expect(counters.takeUnread()).toContain('is counted from the next reading on')
  expect(Object.keys(state.unbased)).toEqual(['canary'])
  // The same call again finds the version running; what is not known is still not known.
  expect(await deploy(world, workload)).toMatchObject({ ok: true })
  expect(Object.keys(state.unbased)).toEqual(['canary'])
}, 20_000)
