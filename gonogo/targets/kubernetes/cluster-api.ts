import type {
  CoreV1Event,
  KubeConfig,
  KubernetesListObject,
  KubernetesObject,
  V1Deployment,
  V1Pod,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node'
import { orNull, statusOf, steadily } from '#connectors/kubernetes/api-calls.ts'
import { client } from '#connectors/kubernetes/client.ts'
import type { RouteRef } from './config.ts'

/** As whom gonogo owns fields. */
export const MANAGER = 'gonogo'
const ROUTES = { group: 'gateway.networking.k8s.io', version: 'v1' }
const LOG_LINES = 20

export { apiMessage, askedToWaitMs, statusOf } from '#connectors/kubernetes/api-calls.ts'
export { kubeConfig } from '#connectors/kubernetes/kube-config.ts'

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
  /** Server-side apply as gonogo; fields of other owners stay. Answers the object as it is then. */
  apply(object: KubernetesObject): Promise<KubernetesObject>
  create<T extends KubernetesObject>(object: T): Promise<T>
  /** Refused with 409 when the object changed since it was read. */
  replace<T extends KubernetesObject>(object: T): Promise<T>
  /** RFC 6902 operations on a route, all or none. */
  patchRoute(route: RouteRef, operations: readonly object[]): Promise<KubernetesObject>
  patchDeployment(name: string, operations: readonly object[]): Promise<KubernetesObject>
  /** With all that belongs to it. Harmless where there is none, or none of this uid any more. */
  remove(apiVersion: string, kind: string, name: string, uid?: string): Promise<void>
  /** The newest warning about an object since a moment, in the cluster's words; empty where there is none. */
  lastWarning(name: string, sinceMs?: number): Promise<string>
  /** All that a pod's first container wrote, with what it wrote before it was restarted. */
  wholeLog(pod: string, container: string | undefined): Promise<string>
  /** The last lines of a container, of the one before when it was restarted. */
  lastLog(pod: string, container: string): Promise<string>
}

export type Pod = V1Pod & KubernetesObject
type Deployment = V1Deployment & KubernetesObject
export type StatefulSet = V1StatefulSet & KubernetesObject
/** What makes a component's pods. */
export type Controller = Deployment | StatefulSet
export type Autoscaler = V2HorizontalPodAutoscaler & KubernetesObject
export const AUTOSCALING = 'autoscaling/v2'

export function clusterApi(config: KubeConfig, namespace: string): ClusterApi {
  const { AppsV1Api, CoreV1Api, CustomObjectsApi, KubernetesObjectApi, PatchStrategy, setHeaderOptions } =
    client()
  const objects = KubernetesObjectApi.makeApiClient(config)
  const core = config.makeApiClient(CoreV1Api)
  const apps = config.makeApiClient(AppsV1Api)
  const custom = config.makeApiClient(CustomObjectsApi)
  const asJsonPatch = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch)
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
    apply: (object) =>
      steadily(() =>
        objects.patch(object, undefined, undefined, MANAGER, true, PatchStrategy.ServerSideApply),
      ),
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
          asJsonPatch,
        ),
      ),
    patchDeployment: (name, body) =>
      steadily(() =>
        apps.patchNamespacedDeployment({ name, namespace, body, fieldManager: MANAGER }, asJsonPatch),
      ),
    remove: async (apiVersion, kind, name, uid) => {
      const all = 'Background'
      const none = undefined
      const object = header(apiVersion, kind, name)
      const options = uid === undefined ? none : { preconditions: { uid } }
      await steadily(() => orNull(objects.delete(object, none, none, none, none, all, options))).catch(
        (error: unknown) => {
          if (uid === undefined || statusOf(error) !== 409) throw error
        },
      )
    },
    lastWarning: async (name, sinceMs = 0) => {
      const fieldSelector = `involvedObject.name=${name},type=Warning`
      const { items } = await steadily(() => core.listNamespacedEvent({ namespace, fieldSelector }))
      // The API lists them by name.
      const [newest] = items.filter((one) => timeOf(one) >= sinceMs).toSorted((a, b) => timeOf(b) - timeOf(a))
      return newest?.message ?? ''
    },
    wholeLog: async (name, container) => {
      const read = (previous: boolean) =>
        core.readNamespacedPodLog({ name, namespace, previous, ...(container && { container }) })
      return said(await read(true).catch(() => '')) + said(await steadily(() => read(false)))
    },
    lastLog: async (name, container) => {
      const read = (previous: boolean) =>
        core.readNamespacedPodLog({ name, namespace, container, previous, tailLines: LOG_LINES })
      const told = async (previous: boolean) => said(await read(previous).catch(() => ''))
      // The one before may be taken away while it is asked for; then there is another one before.
      return (await told(true)) || (await told(false)) || told(true)
    },
  }
}

/** What a kubelet answers, as if it were the log, where the container was taken away meanwhile. */
const NO_LOG = /^unable to retrieve container logs for \S+$/

const said = (log: string): string => (NO_LOG.test(log.trim()) ? '' : log)

/** Epoch ms at which an event was seen last, by whichever field its writer used. */
const timeOf = ({ series, lastTimestamp, eventTime, metadata }: CoreV1Event): number =>
  new Date(
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0,
  ).getTime()
