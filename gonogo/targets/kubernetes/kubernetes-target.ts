import { resolve } from 'node:path'
import type { Call } from '../call.ts'
import { Calls } from '../calls.ts'
import type { Outcome, Target } from '../target.ts'
import { apiMessage, clusterApi, kubeConfig, statusOf } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'
import { BadManifest, LABELS, publicServiceOf } from './manifests.ts'
import { PodChanges } from './pod-changes.ts'
import { ROUTE_API } from './route.ts'
import { routerMetrics } from './router-metrics.ts'
import { StateConflict, StateMap } from './state-map.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy, scale } from './workload-calls.ts'
import { backendsOf, observe, refused, type World } from './world.ts'

export type KubernetesTarget = Target & {
  readonly replicas: number
  /** Lets go of the watch; everything goes on running. */
  close(): Promise<void>
}

export type KubernetesTargetOptions = {
  /** The environment's name, for messages. */
  readonly name: string
  /** Folder of the service file. */
  readonly root: string
  readonly config: KubernetesConfig
}

export type Opened =
  | { readonly ok: true; readonly target: KubernetesTarget }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/** Codes: bad-kubeconfig, bad-manifest, no-route, forbidden, cluster-unreachable. */
export async function openKubernetesTarget({ name, root, config }: KubernetesTargetOptions): Promise<Opened> {
  const where = `environments.${name}.target`
  let kube: ReturnType<typeof kubeConfig>
  try {
    kube = kubeConfig(config.kubeconfig ? resolve(root, config.kubeconfig) : null, config.context ?? null)
  } catch (error) {
    return { ok: false, code: 'bad-kubeconfig', detail: `${where}.kubeconfig: ${apiMessage(error)}` }
  }
  const api = clusterApi(kube, config.namespace)
  try {
    publicServiceOf(config, root)
    const route = await api.read(ROUTE_API, 'HTTPRoute', config.route)
    if (!route)
      return {
        ok: false,
        code: 'no-route',
        detail: `${where}.route: there is no HTTPRoute ${config.route} in ${config.namespace}; create it first`,
      }
    const map = await StateMap.open(api, config.route)
    const changes = new PodChanges(api, `${LABELS.route}=${config.route}`)
    return { ok: true, target: targetOver({ config, root, api, map, changes, ending: new Set() }) }
  } catch (error) {
    return { ok: false, code: codeOf(error), detail: `${where}: ${apiMessage(error)}` }
  }
}

function codeOf(error: unknown): string {
  if (error instanceof BadManifest) return 'bad-manifest'
  if (error instanceof StateConflict) return 'conflict'
  const status = statusOf(error)
  if (status === 401 || status === 403) return 'forbidden'
  return status === null ? 'cluster-unreachable' : 'refused-by-cluster'
}

function targetOver(world: World): KubernetesTarget {
  const calls = new Calls({
    ledger: () => world.map.state,
    act: (call) => actOrRefuse(world, call),
    save: () => world.map.save(),
  })
  const { config } = world
  return {
    replicas: config.replicas,
    observe: () => observe(world),
    deploy: (workload, key) =>
      calls.run({ method: 'deploy', workload: { ...workload, config: { ...workload.config } }, key }),
    scale: (version, replicas, key) => calls.run({ method: 'scale', version, replicas, key }),
    setWeights: (weights, key) => calls.run({ method: 'setWeights', weights: { ...weights }, key }),
    promote: (version, key) => calls.run({ method: 'promote', version, key }),
    revert: (version, drop, key) => calls.run({ method: 'revert', version, drop, key }),
    cleanup: (keep, key) => calls.run({ method: 'cleanup', keep: [...keep], key }),
    metrics: config.router
      ? routerMetrics(config.router.metrics, config.namespace, () => backendsOf(world).byVersion)
      : {
          sample: async () => {
            throw new Error('the router tells no metrics; give target.router, or metrics of another source')
          },
        },
    close: () => world.changes.close(),
  }
}

/** What the cluster refuses is an outcome; that it cannot be reached is not, and the call is made again later. */
async function actOrRefuse(world: World, call: Call): Promise<Outcome> {
  try {
    return await act(world, call)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'cluster-unreachable') throw error
    return refused(code, apiMessage(error))
  }
}

function act(world: World, call: Call): Promise<Outcome> {
  switch (call.method) {
    case 'deploy':
      return deploy(world, call.workload)
    case 'scale':
      return scale(world, call.version, call.replicas)
    case 'setWeights':
      return setWeights(world, call.weights)
    case 'promote':
      return promote(world, call.version)
    case 'revert':
      return revert(world, call.version, call.drop)
    case 'cleanup':
      return cleanup(world, call.keep)
  }
}
