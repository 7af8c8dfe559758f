import { setTimeout as wait } from 'node:timers/promises'
import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
  type V1Pod,
} from '@kubernetes/client-node'
import type { RouteRef } from './config.ts'

const MANAGER = 'gonogo'
const ROUTES = { group: 'gateway.networking.k8s.io', version: 'v1' }
const RETRY_FOR_MS = 120_000
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 2000
const LOG_LINES = 20

/** The part of a cluster's API that a target needs, in one namespace. */
export type ClusterApi = {
  readonly config: KubeConfig
  readonly namespace: string
  /** Null where there is none. */
  read<T extends KubernetesObject>(apiVersion: string, kind: string, name: string): Promise<T | null>
  list<T extends KubernetesObject>(apiVersion: string, kind: string, selector: string): Promise<T[]>
  /** Asked once, with the version that a watch goes on from. */
  listOnce<T extends KubernetesObject>(
    apiVersion: string,
    kind: string,
    selector: string,
  ): Promise<KubernetesListObject<T>>
  /** Server-side apply as gonogo; fields of other owners stay. */
  apply(object: KubernetesObject): Promise<void>
  create<T extends KubernetesObject>(object: T): Promise<T>
  /** Refused with 409 when the object changed since it was read. */
  replace<T extends KubernetesObject>(object: T): Promise<T>
  /** RFC 6902 operations on a route, all or none. */
  patchRoute(route: RouteRef, operations: readonly object[]): Promise<KubernetesObject>
  /** Harmless where there is none. */
  remove(apiVersion: string, kind: string, name: string): Promise<void>
  /** All that a pod's first container wrote, with what it wrote before it was restarted. */
  wholeLog(pod: string): Promise<string>
  /** The last lines of a container, of the one before when it was restarted. */
  lastLog(pod: string, container: string): Promise<string>
}

export type Pod = V1Pod & KubernetesObject
export type Deployment = V1Deployment & KubernetesObject

/** The status of an API's answer; null when there was none. */
export const statusOf = (error: unknown): number | null => (error instanceof ApiException ? error.code : null)

/** What the API said, for people. */
export function apiMessage(error: unknown): string {
  if (!(error instanceof ApiException)) return error instanceof Error ? error.message : String(error)
  const body: unknown = typeof error.body === 'string' ? parsed(error.body) : error.body
  return (body as { message?: string } | null)?.message ?? `the API answered ${error.code}`
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Reads the kubeconfig, or takes the pod's own account. Throws where there is neither or no such context. */
export function kubeConfig(file: string | null, context: string | null): KubeConfig {
  const config = new KubeConfig()
  if (file) config.loadFromFile(file)
  else config.loadFromDefault()
  if (context) {
    if (!config.getContextObject(context)) throw new Error(`there is no context ${context}`)
    config.setCurrentContext(context)
  }
  if (!config.getCurrentCluster()) throw new Error('it names no cluster')
  return config
}

export function clusterApi(config: KubeConfig, namespace: string): ClusterApi {
  const objects = KubernetesObjectApi.makeApiClient(config)
  const core = config.makeApiClient(CoreV1Api)
  const custom = config.makeApiClient(CustomObjectsApi)
  const header = (apiVersion: string, kind: string, name: string) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
  })
  const listOnce = <T extends KubernetesObject>(apiVersion: string, kind: string, selector: string) => {
    const labels = selector || undefined
    return objects.list<T>(apiVersion, kind, namespace, undefined, undefined, undefined, undefined, labels)
  }
  return {
    config,
    namespace,
    read: <T extends KubernetesObject>(apiVersion: string, kind: string, name: string) =>
      steadily(() => orNull(objects.read<T>(header(apiVersion, kind, name) as never))),
    list: async <T extends KubernetesObject>(apiVersion: string, kind: string, selector: string) =>
      (await steadily(() => listOnce<T>(apiVersion, kind, selector))).items,
    listOnce,
    apply: async (object) => {
      await steadily(() =>
        objects.patch(object, undefined, undefined, MANAGER, true, PatchStrategy.ServerSideApply),
      )
    },
    create: (object) => steadily(() => objects.create(object, undefined, undefined, MANAGER)),
    replace: (object) => steadily(() => objects.replace(object, undefined, undefined, MANAGER)),
    patchRoute: ({ kind, name }, operations) =>
      steadily(() =>
        custom.patchNamespacedCustomObject(
          {
            ...ROUTES,
            plural: `${kind.toLowerCase()}s`,
            namespace,
            name,
            body: operations,
            fieldManager: MANAGER,
          },
          setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
        ),
      ),
    remove: async (apiVersion, kind, name) => {
      await steadily(() => orNull(objects.delete(header(apiVersion, kind, name))))
    },
    wholeLog: async (name) => {
      const read = (previous: boolean) => core.readNamespacedPodLog({ name, namespace, previous })
      return (await read(true).catch(() => '')) + (await steadily(() => read(false)))
    },
    lastLog: async (name, container) => {
      const read = (previous: boolean) =>
        core.readNamespacedPodLog({ name, namespace, container, previous, tailLines: LOG_LINES })
      const none = () => ''
      return (await read(true).catch(none)) || read(false).catch(none)
    },
  }
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/** An API that is away, busy or throttles is asked again for two minutes: a deployment outlives its restart. */
async function steadily<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + RETRY_FOR_MS
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, LONGEST_RETRY_MS)) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error
      await wait(pause)
    }
  }
}

function isPassing(error: unknown): boolean {
  const status = statusOf(error)
  if (status !== null) return status === 429 || status >= 500
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return /^(E[A-Z]+|UND_ERR_.*)$/.test(code ?? cause?.code ?? '')
}
