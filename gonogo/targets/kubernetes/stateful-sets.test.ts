import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { withLiveReplicas } from './autoscaling.ts'
import type { ClusterApi, Pod, StatefulSet } from './cluster-api.ts'
import { kubernetesConfigSchema } from './config.ts'
import { findStable, labelProblem } from './found-stable.ts'
import { inPlaceParts, publicServiceOf, readManifests } from './read-manifests.ts'
import { renderVersion } from './render.ts'
import { emptyState, type ManifestObject, type SavedState } from './saved-state.ts'
import { isSetRolledOut, stuckPods } from './set-pods.ts'
import { holderOfSets, setShare } from './set-share.ts'
import type { Slot } from './slots.ts'
import { startFailure } from './start-failure.ts'
import type { World } from './world.ts'

const root = mkdtempSync(join(tmpdir(), 'gonogo-sets-'))
afterAll(() => rmSync(root, { recursive: true }))

const template = (image = '${image}') => ({
  metadata: { labels: { app: 'store' } },
  spec: { containers: [{ name: 'store', image }] },
})
const set = (more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'store' },
  spec: { serviceName: 'peers', selector: { matchLabels: { app: 'store' } }, template: template(), ...more },
})
const service = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'store' }, ports: [{ port: 80 }], ...more },
})
const peers = service('peers', { clusterIP: 'None' })
const config = kubernetesConfigSchema.parse({
  kind: 'kubernetes',
  namespace: 'prod',
  routes: [{ name: 'store' }],
  url: 'http://store.example',
  components: { store: { manifest: 'store.yaml', public: true } },
})
const read = (...objects: object[]) => {
  writeFileSync(join(root, 'store.yaml'), objects.map((one) => stringify(one)).join('---\n'))
  return readManifests(config, root)
}

const workload = (version: string) => ({
  version,
  artifact: 'registry/store',
  digest: `sha256:${'a'.repeat(64)}`,
  replicas: 3,
  config: {},
})

describe('a manifest', () => {
  test('may hold a StatefulSet in place of a Deployment, but not both', () => {
    const manifests = read(set(), peers, service('store'))
    expect(publicServiceOf(config, manifests)).toBe('store')
    expect(inPlaceParts(config, manifests)).toEqual(['store (store.yaml)'])
    expect(() => read(set(), { ...set(), kind: 'Deployment' }, service('store'))).toThrow(
      'store.yaml: there are 2 Deployments and StatefulSets; a component has exactly one',
    )
  })

  test('names no Service of a slot in a StatefulSet’s pods, and has one that users can be led to by version', () => {
    expect(() => read(set({ template: template('${component.agent.host}') }), service('store'))).toThrow(
      /pods stay when their version is promoted, and \$\{component.agent.host\} is another one then/,
    )
    expect(() => read(set(), peers)).toThrow(/no Service but the one by which its pods find each other/)
  })
})

describe('a StatefulSet', () => {
  const rendered = (slot: Slot) => {
    const manifests = read(set({ updateStrategy: { type: 'OnDelete' } }), peers, service('store'))
    const rendering = { namespace: 'prod', of: 'store', workload: workload('1.1.0+b'), manifests, slot }
    const [one] = renderVersion({ ...rendering, replicas: 1, share: { size: 3, partition: 2 } }).components
    if (!one) throw new Error('nothing was rendered')
    return one
  }

  test('is the same in every slot, so that a promotion starts no pod again', () => {
    const [stable, canary] = [rendered('stable').controller, rendered('canary').controller]
    expect(canary).toEqual(stable)
    expect(stable).toMatchObject({
      metadata: { name: 'store' },
      spec: { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
    })
    expect(stable.spec?.template.metadata?.labels).toEqual({
      app: 'store',
      'gonogo.dev/of': 'store',
      'gonogo.dev/component': 'store',
      'gonogo.dev/version': '1.1.0_b',
    })
    expect(stable.spec?.selector).toEqual({ matchLabels: { app: 'store' } })
  })

  test('is led to by version in each slot, while its pods find each other whatever they are of', () => {
    expect(rendered('canary').services).toMatchObject([
      { metadata: { name: 'peers' }, spec: { selector: { app: 'store' }, clusterIP: 'None' } },
      {
        metadata: { name: 'store-canary', labels: { 'gonogo.dev/slot': 'canary' } },
        spec: { selector: { app: 'store', 'gonogo.dev/version': '1.1.0_b' } },
      },
    ])
    expect(Object.keys(peers.spec.selector)).toEqual(['app'])
  })
})

/** A state with these versions, each with so many pods, in the slot that it is in. */
function world(...versions: (readonly [string, Slot, number])[]) {
  const manifests = read(set(), service('store'))
  const state: SavedState = { ...emptyState(), stable: '1.0.0', stableWorkload: workload('1.0.0') }
  for (const [version, slot, desired] of versions)
    state.versions[version] = { workload: workload(version), manifests, desired, slot }
  const shareOf = (version: string, replicas: number) => {
    const record = state.versions[version]
    if (!record) throw new Error(version)
    return setShare(of, record, replicas)
  }
  const of = { map: { state } as World['map'], ending: new Set<string>(), config }
  return { ...of, shareOf, holder: () => holderOfSets(of)?.workload.version }
}

describe('versions share a StatefulSet', () => {
  test('the new one has the highest ordinals, and more of them with each step', () => {
    const { shareOf, holder } = world(['1.0.0', 'stable', 3], ['1.1.0', 'canary', 1])
    expect(shareOf('1.1.0', 1)).toEqual({ size: 3, partition: 2 })
    expect(shareOf('1.1.0', 3)).toEqual({ size: 3, partition: 0 })
    expect(shareOf('1.0.0', 1)).toBeNull()
    expect(holder()).toBe('1.1.0')
  })

  test('one that is alone has all pods, or none', () => {
    const { shareOf } = world(['1.0.0', 'stable', 3])
    expect(shareOf('1.0.0', 0)).toEqual({ size: 0, partition: 0 })
    const later = world(['1.0.0', 'stable', 0], ['1.1.0', 'canary', 3])
    expect(later.shareOf('1.1.0', 3)).toEqual({ size: 3, partition: 0 })
    expect(later.shareOf('1.0.0', 0)).toBeNull()
  })

  test('the old one takes them back from one that is being ended, the first alone or all', () => {
    const { shareOf, ending } = world(['1.0.0', 'stable', 3], ['1.1.0', 'canary', 2])
    ending.add('1.1.0')
    expect(shareOf('1.0.0', 1)).toEqual({ size: 3, partition: 2 })
    expect(shareOf('1.0.0', 3)).toEqual({ size: 3, partition: 0 })
    const promoted = world(['1.0.0', 'previous', 0], ['1.1.0', 'stable', 3])
    expect(promoted.holder()).toBe('1.1.0')
    expect(promoted.shareOf('1.0.0', 1)).toEqual({ size: 3, partition: 2 })
  })
})

const live = (status: object, partition = 0): StatefulSet =>
  ({
    metadata: { name: 'store', generation: 2 },
    spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition } } },
    status: { observedGeneration: 2, updateRevision: 'new', currentRevision: 'old', ...status },
  }) as unknown as StatefulSet
const pod = (ordinal: number, revision: string, ready = true, more: object = {}): Pod =>
  ({
    metadata: { name: `store-${ordinal}`, labels: { 'controller-revision-hash': revision }, ...more },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as Pod

describe('the pods of a StatefulSet', () => {
  const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata?.name)

  test('that are to be replaced and do not start are stuck; those that stay or are new are not', () => {
    expect(names(stuckPods(live({}), [pod(0, 'old', false), pod(1, 'old')]))).toEqual(['store-0'])
    expect(stuckPods(live({}, 1), [pod(0, 'old', false), pod(1, 'new', false)])).toEqual([])
    expect(stuckPods(live({}), [pod(1, 'old', false, { deletionTimestamp: 'now' })])).toEqual([])
    // What the status says is of a template before.
    expect(stuckPods(live({ observedGeneration: 1 }), [pod(1, 'old', false)])).toEqual([])
  })

  test('have rolled out when those that are wanted are new and ready, and the controller has noted the last', () => {
    const half = [pod(0, 'old'), pod(1, 'new')]
    expect(isSetRolledOut(live({ availableReplicas: 2 }, 1), half, 1)).toBe(true)
    expect(isSetRolledOut(live({ availableReplicas: 2 }, 1), [pod(0, 'old'), pod(1, 'old')], 1)).toBe(false)
    const all = [pod(0, 'new'), pod(1, 'new')]
    expect(isSetRolledOut(live({ availableReplicas: 2 }), half, 2)).toBe(false)
    expect(isSetRolledOut(live({ availableReplicas: 2 }), all, 2)).toBe(false)
    expect(isSetRolledOut(live({ availableReplicas: 2, currentRevision: 'new' }), all, 2)).toBe(true)
    expect(isSetRolledOut(live({ currentRevision: 'new' }), [...all, pod(2, 'old')], 0)).toBe(false)
  })
})

test('an autoscaler’s more pods are of the version that has the lower ordinals, until the other has all', async () => {
  const scaleTargetRef = { kind: 'StatefulSet', name: 'store' }
  const api = {
    list: async () => [{ spec: { scaleTargetRef, maxReplicas: 9 } }],
    read: async () => ({ spec: { replicas: 5 } }),
  }
  const withLive = async (partition: number) => {
    const rollingUpdate = { partition }
    const declared = set({ replicas: 3, updateStrategy: { rollingUpdate } }) as unknown as StatefulSet
    return withLiveReplicas({ api } as unknown as World, declared)
  }
  expect(await withLive(2)).toMatchObject({
    spec: { replicas: 5, updateStrategy: { rollingUpdate: { partition: 4 } } },
  })
  expect(await withLive(0)).toMatchObject({
    spec: { replicas: 5, updateStrategy: { rollingUpdate: { partition: 0 } } },
  })
})

test('a pod whose claim has no volume yet is waited for; one that finds no node is not', async () => {
  const told = (message: string) => {
    const unplaced = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
    const waiting = { metadata: { name: 'store-0' }, status: { conditions: [unplaced] } } as Pod
    return startFailure({} as ClusterApi, null, [waiting], 0)
  }
  expect(await told('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.')).toBeNull()
  expect(await told('persistentvolumeclaim "data-store-0" not found')).toBeNull()
  expect(await told('0/1 nodes are available: 1 Insufficient cpu.')).toMatchObject({ code: 'no-room' })
})

test('one that runs already needs the labels of a version, and none of a slot', () => {
  const [manifest] = read(set(), service('store'))
  if (!manifest) throw new Error('no manifest')
  const told = (labels: object) => {
    const found = { ...set({ template: { metadata: { labels } } }) } as unknown as ManifestObject
    return labelProblem({ config, of: 'store' }, manifest, found)
  }
  expect(told({})).toContain('gonogo.dev/of: store, gonogo.dev/component: store, gonogo.dev/version: VERSION')
  const labels = { 'gonogo.dev/of': 'store', 'gonogo.dev/component': 'store', 'gonogo.dev/version': '1.0.0' }
  expect(told(labels)).toBeNull()
  expect(told({ ...labels, 'gonogo.dev/slot': 'stable' })).toMatch(/take gonogo.dev\/slot out/)
  expect(labelProblem({ config, of: 'store' }, manifest, service('store'))).toBeNull()
})

test('one that runs already is found with its version, and the Service by which its pods find each other stays', async () => {
  const manifests = read(set(), peers, service('store'))
  const labels = { 'gonogo.dev/of': 'store', 'gonogo.dev/component': 'store', 'gonogo.dev/version': '1.0.0' }
  const image = `registry/store@sha256:${'a'.repeat(64)}`
  const found = set({ replicas: 2, template: { metadata: { labels }, spec: template(image).spec } })
  const objects = [found, peers, service('store', { clusterIP: '10.0.0.1' })]
  const live = (_api: string, kind: string, name: string) =>
    objects.find((one) => one.kind === kind && one.metadata.name === name)
  const { record } = await findStable(
    { config, of: 'store', api: { read: live } } as unknown as World,
    manifests,
  )
  if (!record) throw new Error('nothing was found')
  expect(record).toMatchObject({ workload: { version: '1.0.0', replicas: 2 }, slot: 'stable' })
  const { components } = renderVersion({ namespace: 'prod', of: 'store', ...record, replicas: 2 })
  expect(components[0]?.services).toMatchObject([
    { metadata: { name: 'peers' }, spec: { clusterIP: 'None', selector: { app: 'store' } } },
    { metadata: { name: 'store' }, spec: { selector: { app: 'store', 'gonogo.dev/version': '1.0.0' } } },
  ])
})
