import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesObject } from '@kubernetes/client-node'
import type { Outcome, TargetState, Workload } from '../target.ts'
import type { ClusterApi, Deployment, Pod } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'
import { LABELS, labelOf, publicServiceOf, renderVersion, slugOf } from './manifests.ts'
import type { PodChanges } from './pod-changes.ts'
import { instanceOf, isEnding, isReady } from './pods.ts'
import { type Backends, confirmed, ROUTE_API, type Route, shareRoute, sharesOf } from './route.ts'
import { notReady, startFailure } from './start-failure.ts'
import type { StateMap } from './state-map.ts'

/** What the calls work on. */
export type World = {
  readonly config: KubernetesConfig
  /** Folder of the service file. */
  readonly root: string
  readonly api: ClusterApi
  readonly map: StateMap
  readonly changes: PodChanges
  /** Versions that are being ended: nobody waits for their pods any more. */
  readonly ending: Set<string>
}

export const done = (detail: string): Outcome => ({ ok: true, detail })
export const refused = (code: string, detail: string): Outcome => ({ ok: false, code, detail })

export const unknownVersion = (version: string): Outcome =>
  refused('unknown-version', `${version} is not deployed here; deploy it first`)

/** Services that the route may lead to; a version that was ended stays among them until it is forgotten. */
export function backendsOf({ config, root, map }: World): Backends {
  const base = publicServiceOf(config, root)
  const { versions, archive } = map.state
  const known = [...archive.map((one) => one.version), ...Object.keys(versions)]
  return { base, byVersion: new Map(known.map((version) => [version, `${base}-${slugOf(version)}`])) }
}

const selectorOf = (world: World, version?: string): string =>
  [
    `${LABELS.route}=${world.config.route}`,
    ...(version ? [`${LABELS.version}=${labelOf(version)}`] : []),
  ].join(',')

export const podsOf = (world: World, version?: string): Promise<Pod[]> =>
  world.api.list<Pod>('v1', 'Pod', selectorOf(world, version))

/** Pods of the public component that are ready. */
export async function publicReady(world: World, version: string): Promise<number> {
  const pods = await podsOf(world, version)
  return pods.filter((pod) => isReady(pod) && isPublic(world, pod)).length
}

const isPublic = ({ config }: World, pod: Pod): boolean =>
  config.components[pod.metadata?.labels?.[LABELS.component] ?? '']?.public ?? false

export async function observe(world: World): Promise<TargetState> {
  const { config, map } = world
  const { stable, stableWorkload, versions } = map.state
  const [pods, route] = await Promise.all([
    podsOf(world),
    world.api.read<Route>(ROUTE_API, 'HTTPRoute', config.route),
  ])
  const byLabel = new Map(Object.keys(versions).map((version) => [labelOf(version), version]))
  const instances = pods
    .filter((pod) => !isEnding(pod))
    .map((pod) => ({ pod, version: byLabel.get(pod.metadata?.labels?.[LABELS.version] ?? '') }))
    .flatMap(({ pod, version }) => (version ? [instanceOf(pod, version, config)] : []))
  return {
    stable,
    stableWorkload,
    workloads: Object.values(versions).map(({ workload, desired }) => ({ ...workload, replicas: desired })),
    instances,
    weights: route ? sharesOf(route, backendsOf(world)) : {},
    url: config.url,
    secureUrl: null,
  }
}

/** Changes the route, and answers when the router has read it. */
export async function shareTraffic(
  world: World,
  weights: Readonly<Record<string, number>>,
): Promise<{ readonly problem: Outcome | null; readonly note: string }> {
  const route = await shareRoute(world.api, world.config.route, backendsOf(world), weights)
  if (!route)
    return {
      problem: refused(
        'no-route',
        `there is no HTTPRoute ${world.config.route} in ${world.config.namespace}; create it, or correct target.route`,
      ),
      note: '',
    }
  const isRead = await confirmed(world.api, route)
  world.map.state.weights = { ...weights }
  return { problem: null, note: isRead ? '' : ' (the router has not confirmed the route yet)' }
}

/** Creates or changes the version's objects, component by component, and waits for each before the next. */
export async function bringUp(
  world: World,
  workload: Workload,
  replicas: number,
  ready?: () => Promise<unknown>,
): Promise<Outcome> {
  const startedAt = performance.now()
  const { configMap, components } = renderVersion(world.config, world.root, workload, replicas)
  await world.api.apply(configMap)
  for (const { deployment, services, name } of components) {
    for (const service of services) await world.api.apply(service)
    await world.api.apply(deployment)
    const outcome = await untilReady(world, workload.version, deployment, name, replicas, ready)
    if (outcome) return outcome
  }
  return done(
    `${replicas} of ${workload.version} ready after ${Math.round(performance.now() - startedAt)} ms`,
  )
}

/** Null when all pods of the component are ready; a failure as soon as the cluster knows of one. */
async function untilReady(
  world: World,
  version: string,
  { metadata }: Deployment,
  component: string,
  replicas: number,
  firstReady?: () => Promise<unknown>,
): Promise<Outcome | null> {
  const { readyTimeoutMs } = world.config
  const deadline = performance.now() + readyTimeoutMs
  const name = metadata?.name ?? ''
  const selector = `${selectorOf(world, version)},${LABELS.component}=${component}`
  for (;;) {
    const changed = world.changes.next()
    const [deployment, pods] = await Promise.all([
      world.api.read<Deployment>('apps/v1', 'Deployment', name),
      world.api.list<Pod>('v1', 'Pod', selector),
    ])
    const ready = pods.filter(isReady).length
    if (ready > 0 && firstReady) await firstReady()
    if (ready >= replicas && hasSeen(deployment)) return null
    const failure = await startFailure(world.api, deployment, pods)
    if (failure) return failure
    if (world.ending.has(version)) return refused('ended', `${version} was ended while it started`)
    if (performance.now() > deadline) return notReady(pods, name, readyTimeoutMs)
    await Promise.race([changed, wait(LOOK_EVERY_MS)])
  }
}

/** A change that no watch told of is seen this late. */
const LOOK_EVERY_MS = 1000

/** Status that speaks of an older spec says nothing about this one. */
const hasSeen = (deployment: Deployment | null): boolean =>
  (deployment?.status?.observedGeneration ?? 0) >= (deployment?.metadata?.generation ?? 0)

/** Ends every object of a version; its pods drain as their own manifests say. */
export async function removeVersion(world: World, version: string): Promise<void> {
  const selector = selectorOf(world, version)
  for (const [apiVersion, kind] of OBJECTS) {
    const objects = await world.api.list<KubernetesObject>(apiVersion, kind, selector)
    await Promise.all(objects.map((one) => world.api.remove(apiVersion, kind, one.metadata?.name ?? '')))
  }
}

const OBJECTS = [
  ['apps/v1', 'Deployment'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
] as const
