import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Call } from '../call.ts'
import { Calls } from '../calls.ts'
import type { KindOfTarget } from '../kind-of-target.ts'
import type { Outcome } from '../target.ts'
import { act } from './act.ts'
import { claim, isClaimed, unclaim } from './claim.ts'
import { apiMessage, clusterApi, kubeConfig, statusOf } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'
import { drift } from './drift.ts'
import { ended } from './ending.ts'
import { findStable } from './found-stable.ts'
import { migrate, removeMigrations } from './migrate.ts'
import { ownContainer } from './pods.ts'
import { BadManifest, inPlaceParts, publicServiceOf, readManifests, readMigration } from './read-manifests.ts'
import { podRelay } from './relay.ts'
import { ROUTE_API } from './route.ts'
import { routerCounters } from './router-counters.ts'
import type { VersionRecord } from './saved-state.ts'
import { isByPods } from './selected-pods.ts'
import { noRoute } from './share-traffic.ts'
import { StateConflict, StateMap } from './state-map.ts'
import { Turns } from './turns.ts'
import { Watches } from './watches.ts'
import { observe, refused, stateOf, type World } from './world.ts'
import { beginDeployment } from './written.ts'

export type KubernetesTarget = KindOfTarget & Required<Pick<KindOfTarget, 'claim' | 'unclaim' | 'close'>>

export type KubernetesTargetOptions = {
  /** The environment's name, for messages. */
  readonly name: string
  /** The environment's folder, for what is fetched from there. */
  readonly folder: string
  /** Folder of the service file. */
  readonly root: string
  readonly config: KubernetesConfig
}

export type Opened =
  | { readonly ok: true; readonly target: KubernetesTarget }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/** Codes: bad-kubeconfig, bad-manifest, no-route, not-prepared, forbidden, cluster-unreachable. */
export async function openKubernetesTarget({
  name,
  folder,
  root,
  config,
}: KubernetesTargetOptions): Promise<Opened> {
  const where = `environments.${name}.target`
  let kube: ReturnType<typeof kubeConfig>
  try {
    kube = kubeConfig(config.kubeconfig ? resolve(root, config.kubeconfig) : null, config.context ?? null)
  } catch (error) {
    return { ok: false, code: 'bad-kubeconfig', detail: `${where}.kubeconfig: ${apiMessage(error)}` }
  }
  const api = clusterApi(kube, config.namespace)
  try {
    const manifests = readManifests(config, root)
    readMigration(config, root)
    const of = publicServiceOf(config, manifests)
    const map = await StateMap.open(api, of)
    // Who goes on with a deployment may have to go back, whatever became of a route.
    const isUnderWay = Object.keys(map.state.versions).length > 1 || (await isClaimed(api, of))
    for (const { kind, name: route } of isUnderWay ? [] : config.routes)
      if (!(await api.read(ROUTE_API, kind, route))) return failed(where, noRoute({ config }, kind, route))
    const counters = config.router
      ? routerCounters({
          router: config.router,
          namespace: config.namespace,
          service: of,
          state: () => map.state,
        })
      : null
    const watches = new Watches(api, of, config.routes)
    const world: World = {
      config,
      root,
      of,
      api,
      map,
      watches,
      counters,
      ending: new Set(),
      underWay: new Set(),
    }
    if (map.isNew) {
      const { record, problem } = await findStable(world, manifests)
      if (problem) {
        await watches.close()
        return failed(where, problem)
      }
      if (record) takeOver(world, record)
    }
    return { ok: true, target: targetOver(world, folder, inPlaceParts(config, manifests)) }
  } catch (error) {
    return { ok: false, code: codeOf(error), detail: `${where}: ${apiMessage(error)}` }
  }
}

const failed = (where: string, outcome: Outcome): Opened => ({
  ok: false,
  code: outcome.ok ? 'broken' : outcome.code,
  detail: `${where}: ${outcome.detail}`,
})

/** A version that was here before is the stable one; it is written down with the first call. */
function takeOver({ map: { state } }: World, record: VersionRecord): void {
  const { version } = record.workload
  state.versions[version] = record
  state.stable = version
  state.stableWorkload = record.workload
  state.weights = { [version]: 100 }
}

function codeOf(error: unknown): string {
  if (error instanceof BadManifest) return 'bad-manifest'
  if (error instanceof StateConflict) return 'conflict'
  const status = statusOf(error)
  if (status === 401 || status === 403) return 'forbidden'
  return status === null ? 'cluster-unreachable' : 'refused-by-cluster'
}

function targetOver(world: World, folder: string, inPlace: readonly string[]): KubernetesTarget {
  const calls = new Calls({
    ledger: () => world.map.state,
    act: (call) => actOrRefuse(world, call),
    save: () => world.map.save(),
  })
  const refresh = () => world.map.refresh(() => calls.isBusy)
  const turns = new Turns()
  const run = async (call: Call): Promise<Outcome> => {
    const isOvertaken = turns.take(call)
    await refresh()
    return isOvertaken() ? ended('the version', 'the call waited for the API') : calls.run(call)
  }
  const { config } = world
  return {
    replicas: config.replicas,
    sharesByPods: isByPods(world),
    inPlace,
    observe: async () => {
      await refresh()
      return observe(world)
    },
    deploy: (workload, key) =>
      run({ method: 'deploy', workload: { ...workload, config: { ...workload.config } }, key }),
    scale: (version, replicas, key) => run({ method: 'scale', version, replicas, key }),
    setWeights: (weights, key) => run({ method: 'setWeights', weights: { ...weights }, key }),
    promote: (version, key) => run({ method: 'promote', version, key }),
    revert: (version, drop, key) => run({ method: 'revert', version, drop, key }),
    cleanup: (keep, key) => run({ method: 'cleanup', keep: [...keep], key }),
    ...(config.migration && { migrate: (migration, key) => migrate(world, migration, key) }),
    ...(world.counters && {
      lastRequestAt: async (version) => world.counters?.lastRequestAt(version) ?? null,
    }),
    metrics: world.counters ?? {
      sample: async () => {
        throw new Error('the router tells no metrics; give target.router, or metrics of another source')
      },
    },
    notice: () => {
      const { refused, isCurrent } = world.watches
      if (refused !== null) return { instances: [], weights: {}, drift: refused }
      if (!isCurrent) return null
      const [main] = config.routes
      const front = main ? world.watches.route(main) : world.watches.service()
      const state = stateOf(world, world.watches.pods(), front)
      if (calls.isBusy) return { ...state, drift: undefined }
      const found = drift(world)
      return { ...state, drift: found && `changed by somebody else: ${found}` }
    },
    fetchLog: async (pod) => {
      const file = join(folder, 'logs', `${pod}.log`)
      await mkdir(dirname(file), { recursive: true })
      const found = world.watches.pods().find(({ metadata }) => metadata?.name === pod)
      await writeFile(file, await world.api.wholeLog(pod, found && ownContainer(found)?.name))
      return file
    },
    relay: podRelay(world.api.config, config.namespace),
    claim: async (deployment) => {
      const outcome = await claim(world.api, world.of, deployment)
      if (outcome.ok) beginDeployment(world, deployment)
      return outcome
    },
    unclaim: async (deployment) => {
      try {
        await removeMigrations(world)
      } finally {
        await unclaim(world.api, world.of, deployment)
      }
    },
    close: () => world.watches.close(),
  }
}

/** What the cluster refuses is an outcome; that it cannot be reached is not, and the call is made again later. */
async function actOrRefuse(world: World, call: Call): Promise<Outcome> {
  try {
    const outcome = await act(world, call)
    const unread = world.counters?.takeUnread()
    return unread ? { ...outcome, detail: `${outcome.detail}; ${unread}` } : outcome
  } catch (error) {
    const code = codeOf(error)
    if (code === 'cluster-unreachable') throw error
    return refused(code, apiMessage(error))
  }
}
