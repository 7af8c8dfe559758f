import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '../../gonogo/targets/contract/load.ts'
import type { ContractWorld, WorldOptions } from '../../gonogo/targets/contract/world.ts'
import { type KubernetesConfig, kubernetesConfigSchema } from '../../gonogo/targets/kubernetes/config.ts'
import {
  type KubernetesTarget,
  openKubernetesTarget,
} from '../../gonogo/targets/kubernetes/kubernetes-target.ts'
import { apply, kubectl } from './commands.ts'
import { GATEWAY_CLASS, kubeconfig, ROUTER_METRICS, ROUTER_URLS } from './places.ts'
import { IMAGE } from './test-image.ts'

export const MANIFEST = fileURLToPath(new URL('./web.yaml', import.meta.url))
/** Routes have no host names: each of the files that run side by side has an address of its own. */
const PUBLIC_URL = ROUTER_URLS[Number(process.env.VITEST_POOL_ID ?? 1) - 1] ?? noneLeft()
/** The API, the router's watch of it and the router's own change of mind, on a busy machine. */
const ZERO_WITHIN_MS = 1000
/** A router whose API was away looks again later and later. */
const FORGOTTEN_WITHIN_MS = 60_000

function noneLeft(): never {
  throw new Error(`the router has ${ROUTER_URLS.length} entry points; run no more files side by side`)
}

let made = 0
/** The label of every namespace that tests make. */
export const OWN = 'gonogo.test/own=yes'

/** A run that was killed leaves its route, which has the address of every other. */
export async function removeLeftovers(): Promise<void> {
  await kubectl(['delete', 'namespace', '--selector', OWN, '--timeout=60s'])
}

export type Components = Readonly<Record<string, { readonly manifest: string; readonly public?: boolean }>>
const WEB: Components = { web: { manifest: MANIFEST, public: true } }

export type Namespace = { readonly name: string; end(): Promise<void> }

/** A namespace of its own with a gateway and its routes. */
export async function makeNamespace(): Promise<Namespace> {
  const namespace = `test-${++made}-${process.pid}`
  await kubectl(['create', 'namespace', namespace])
  await kubectl(['label', 'namespace', namespace, OWN])
  await apply(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [gateway(namespace), route(namespace), grpcRoute(namespace)],
    }),
  )
  return {
    name: namespace,
    end: async () => {
      await kubectl(['delete', 'httproute,grpcroute,gateway', '--all', '-n', namespace])
      await kubectl(['delete', 'namespace', namespace, '--wait=false'])
      // The next namespace has the same address.
      const isGone = async () => (await fetch(PUBLIC_URL)).status === 404
      await until('the router forgets the route', isGone, FORGOTTEN_WITHIN_MS)
    },
  }
}

/** A `target` block for the test service there, with its own manifest or others. */
export const targetIn = (namespace: Namespace, components: Components = WEB) => ({
  kind: 'kubernetes',
  kubeconfig: kubeconfig('admin'),
  namespace: namespace.name,
  routes: [{ name: 'web' }],
  url: PUBLIC_URL,
  router: { kind: 'traefik', metrics: ROUTER_METRICS },
  readyTimeoutMs: 100_000,
  components,
})

export type KubernetesWorld = ContractWorld & {
  readonly namespace: string
  readonly config: KubernetesConfig
  /** Folder that the manifests' paths start from. */
  readonly root: string
  /** As a gonogo elsewhere, or one that is started again, opens it; it is closed with the world. */
  openAgain(): Promise<KubernetesTarget>
}

/** For the target contract: an empty environment with the test service's image of this digest. */
export async function makeKubernetesWorld(
  digest: string,
  { readyTimeoutMs }: WorldOptions,
  components?: Components,
  more: object = {},
): Promise<KubernetesWorld> {
  const namespace = await makeNamespace()
  const config = kubernetesConfigSchema.parse({ ...targetIn(namespace, components), readyTimeoutMs, ...more })
  const root = dirname(MANIFEST)
  const open: KubernetesTarget[] = []
  const openAgain = async (): Promise<KubernetesTarget> => {
    const opened = await openKubernetesTarget({ name: 'test', folder: tmpdir(), root, config })
    if (!opened.ok) throw new Error(`${opened.code}: ${opened.detail}`)
    open.push(opened.target)
    return opened.target
  }
  return {
    target: await openAgain(),
    namespace: namespace.name,
    config,
    root,
    openAgain,
    zeroWithinMs: ZERO_WITHIN_MS,
    workload: async (version, behaviour = 'good', replicas = 2) => ({
      version,
      artifact: `${IMAGE}@${digest}`,
      digest,
      replicas,
      config: { text: `configuration of ${version}`, behaviour },
    }),
    end: async () => {
      for (const target of open) await target.close()
      await namespace.end()
    },
  }
}

const gateway = (namespace: string) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'gateway', namespace },
  spec: {
    gatewayClassName: GATEWAY_CLASS,
    listeners: [{ name: 'web', port: Number(new URL(PUBLIC_URL).port || 80), protocol: 'HTTP' }],
  },
})

const route = (namespace: string) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace },
  spec: { parentRefs: [{ name: 'gateway' }], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
})

/** For who names it; its users come by a host's name of their own. */
const grpcRoute = (namespace: string) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GRPCRoute',
  metadata: { name: 'web-grpc', namespace },
  spec: {
    parentRefs: [{ name: 'gateway' }],
    hostnames: ['grpc.test'],
    rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
  },
})
