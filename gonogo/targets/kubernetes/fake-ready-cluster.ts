import { ApiException, type KubernetesObject } from '@kubernetes/client-node'
import type { ClusterApi, Controller, Pod } from './cluster-api.ts'
import { kubernetesConfigSchema } from './config.ts'
import { LABELS } from './render.ts'
import type { Route } from './route.ts'
import { type RouterCounters, routerCounters } from './router-counters.ts'
import { emptyState, type Manifest, type SavedState, type VersionRecord } from './saved-state.ts'
import { nameIn, type Slot } from './slots.ts'
import type { World } from './world.ts'

type Labels = Readonly<Record<string, string>>
type Refs = { name: string; weight?: number }[]
type Operation = { op: string; path: string; value: unknown }

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
export const recordOf = (version: string, slot: Slot): VersionRecord => ({
  workload: { version, artifact: 'x', digest, replicas: 1, config: {} },
  manifests,
  desired: 1,
  slot,
})

const parent = { name: 'gateway' }

const answer = (code: number) => new ApiException(code, 'refused', '{}', {})
const matches = (wanted: Labels | undefined, { metadata }: KubernetesObject): boolean =>
  wanted !== undefined &&
  Object.entries(wanted).every(([label, value]) => metadata?.labels?.[label] === value)

export const configOf = (routes: readonly string[] = ['web']) =>
  kubernetesConfigSchema.parse({
    kind: 'kubernetes',
    namespace: 'prod',
    routes: routes.map((name) => ({ name })),
    url: 'http://web.example',
    components: { web: { manifest: 'web.yaml', public: true } },
  })

/** A fake of the part of a cluster that Deployments behind routes need: what is applied is there and ready at once. */
export class FakeReadyCluster {
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #routes = new Map<string, { refs: Refs; version: number }>()
  /** Whether the router says of each route that it has read it. */
  routerReads = true
  /** Patches of routes. */
  readonly written: string[] = []
  /** Asked before each request, as `VERB KIND NAME`: it may wait, or throw as the API answers. */
  before: (request: string) => Promise<void> | void = () => undefined

  readonly api = {
    namespace: 'prod',
    read: async (_api: string, kind: string, name: string) => {
      await this.before(`read ${kind} ${name}`)
      if (kind === 'HTTPRoute') return this.#route(name)
      const found = this.#objects.get(`${kind} ${name}`)
      const { replicas = 1 } = (found as Controller | undefined)?.spec ?? {}
      const counts = {
        replicas,
        updatedReplicas: replicas,
        availableReplicas: replicas,
        observedGeneration: 1,
      }
      return found ? { ...found, status: counts } : null
    },
    list: async (_api: string, kind: string, selector: string) => {
      await this.before(`list ${kind} ${selector}`)
      return this.#list(kind, Object.fromEntries(selector.split(',').map((one) => one.split('='))))
    },
    apply: async (object: KubernetesObject) => {
      const name = `${object.kind} ${object.metadata?.name}`
      await this.before(`apply ${name}`)
      this.#objects.set(name, object)
      return object
    },
    patchRoute: async ({ name }: { name: string }, operations: readonly Operation[]) => {
      await this.before(`patch HTTPRoute ${name}`)
      return this.#patch(name, operations)
    },
    remove: async (_api: string, kind: string, name: string) => {
      await this.before(`remove ${kind} ${name}`)
      this.#objects.delete(`${kind} ${name}`)
    },
  } as unknown as ClusterApi

  /** Per cent, by backend, as a route has it now. */
  shares = (name = 'web'): Labels =>
    Object.fromEntries((this.#routes.get(name)?.refs ?? []).map((one) => [one.name, `${one.weight}`]))

  /** The version that each Deployment runs. */
  versions = (): Labels =>
    Object.fromEntries(
      this.#list('Deployment', {}).map(({ metadata, ...one }) => {
        const { labels } = (one as Controller).spec?.template.metadata ?? {}
        return [metadata?.name, labels?.[LABELS.version]]
      }),
    )

  putRoute(name: string, refs: Refs): void {
    this.#routes.set(name, { refs, version: 1 })
  }

  dropRoute(name: string): void {
    this.#routes.delete(name)
  }

  #route(name: string): Route | null {
    const found = this.#routes.get(name)
    if (!found) return null
    return {
      metadata: { name, generation: 1, resourceVersion: `${found.version}` },
      spec: { parentRefs: [parent], rules: [{ backendRefs: found.refs }] },
      status: {
        parents: [
          {
            parentRef: parent,
            conditions: [{ type: 'Accepted', status: 'True', observedGeneration: this.routerReads ? 1 : 0 }],
          },
        ],
      },
    }
  }

  #patch(name: string, operations: readonly Operation[]): Route | null {
    const found = this.#routes.get(name)
    if (!found) throw answer(404)
    const [unchanged, change] = operations
    if (unchanged?.value !== `${found.version}`) throw answer(422)
    this.written.push(JSON.stringify(operations))
    this.#routes.set(name, { refs: change?.value as Refs, version: found.version + 1 })
    return this.#route(name)
  }

  #list(kind: string, selector: Labels): KubernetesObject[] {
    const all = [...this.#objects.values()]
    if (kind === 'Pod')
      return all
        .filter((one) => one.kind === 'Deployment')
        .flatMap(podsOf)
        .filter((one) => matches(selector, one))
    if (kind === 'EndpointSlice') return [this.#slice(selector['kubernetes.io/service-name'] ?? '')]
    return all.filter((one) => one.kind === kind && matches(selector, one))
  }

  #slice(service: string): KubernetesObject {
    const { spec } = (this.#objects.get(`Service ${service}`) ?? {}) as { spec?: { selector?: Labels } }
    const pods = this.#list('Pod', spec?.selector ?? { none: 'none' }) as Pod[]
    const endpoints = pods.map(({ status }) => ({ addresses: [status?.podIP], conditions: { ready: true } }))
    return { endpoints } as KubernetesObject
  }
}

function podsOf(controller: KubernetesObject): Pod[] {
  const { metadata, spec } = controller as Controller
  const labels = spec?.template.metadata?.labels
  return Array.from({ length: spec?.replicas ?? 1 }, (_, index) => {
    const name = `${metadata?.name} ${index}`
    const conditions = [{ type: 'Ready', status: 'True' }]
    return { metadata: { name, labels }, status: { podIP: `pod of ${name}`, conditions } } as Pod
  })
}

/**
 * 1.0.0 is the stable version, 1.1.0 in the canary's slot; without routes by the number of pods, with the first one's shares
 * otherwise. `metrics`: the address of a router that tells numbers.
 */
export async function worldOf(
  canary: { readonly desired: number; readonly weight: number },
  { metrics, routes = ['web'] }: { readonly metrics?: string; readonly routes?: readonly string[] } = {},
) {
  const state: SavedState = {
    ...emptyState(),
    stable: '1.0.0',
    stableWorkload: recordOf('1.0.0', 'stable').workload,
    weights: { '1.0.0': 100 - canary.weight, '1.1.0': canary.weight },
    versions: {
      '1.0.0': recordOf('1.0.0', 'stable'),
      '1.1.0': { ...recordOf('1.1.0', 'canary'), desired: canary.desired },
    },
  }
  const cluster = new FakeReadyCluster()
  for (const { slot, workload } of Object.values(state.versions)) {
    const labels = {
      [LABELS.of]: 'web',
      [LABELS.component]: 'web',
      [LABELS.slot]: slot,
      [LABELS.version]: workload.version,
    }
    const name = nameIn(slot, 'web')
    const template = { metadata: { labels: { app: 'web', ...labels } } }
    const selector = { app: 'web', [LABELS.slot]: slot }
    await cluster.api.apply({ kind: 'Service', metadata: { name, labels }, spec: { selector } } as never)
    await cluster.api.apply({ kind: 'Deployment', metadata: { name, labels }, spec: { template } } as never)
  }
  for (const name of routes)
    cluster.putRoute(name, [
      { name: 'web', weight: 100 - canary.weight },
      ...(canary.weight > 0 ? [{ name: 'web-canary', weight: canary.weight }] : []),
    ])
  const counters: RouterCounters | null = metrics
    ? routerCounters({
        router: { kind: 'traefik', metrics },
        namespace: 'prod',
        service: 'web',
        state: () => state,
      })
    : null
  const world = {
    config: configOf(routes),
    root: '.',
    of: 'web',
    api: cluster.api,
    map: { state, save: async () => undefined },
    watches: { next: async () => undefined },
    counters,
    ending: new Set<string>(),
    underWay: new Set(),
  } as unknown as World
  return { world, state, counters, cluster }
}
