import type { V1Container, V1ContainerStatus } from '@kubernetes/client-node'
import type { Instance } from '../target.ts'
import type { Pod } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'
import { LABELS, labelOf } from './render.ts'
import type { Place } from './slots.ts'

export const isEnding = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined

/** It will never run again, and another one has taken its place: what the kubelet evicted stays in the list for long. */
export const isOver = ({ status }: Pod): boolean =>
  status?.phase === 'Failed' || status?.phase === 'Succeeded'

/** What the kubelet says of a pod that it evicted; null of any other. */
export const evictionOf = ({ metadata, status }: Pod): string | null =>
  status?.phase === 'Failed' && status.reason === 'Evicted'
    ? `pod ${metadata?.name} was evicted: ${status.message ?? 'its node was short of something'}`
    : null

/** A StatefulSet's pods stay when their version goes to another slot, and have no slot's label. */
export function isAt(pod: Pod, { slot, version }: Place): boolean {
  const labels = pod.metadata?.labels
  return labels?.[LABELS.version] === labelOf(version) && (labels[LABELS.slot] ?? slot) === slot
}

export const isReady = (pod: Pod): boolean =>
  !isEnding(pod) &&
  (pod.status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True')

/**
 * Why a pod is not ready where that is its node's doing, or that it has none; null elsewhere. Of a node that is not ready, for
 * one because it does not answer any more, the cluster says so by pods that are not ready while their containers are, as they
 * were last heard of.
 */
export function nodeTrouble({ metadata, spec, status }: Pod): string | null {
  const find = (type: string, value: string) =>
    status?.conditions?.find((one) => one.type === type && one.status === value)
  const unplaced = find('PodScheduled', 'False')
  if (unplaced?.reason === 'Unschedulable') return `pod ${metadata?.name} finds no node: ${unplaced.message}`
  const isSilent =
    find('Ready', 'False') && find('ContainersReady', 'True') && (spec?.readinessGates ?? []).length === 0
  return isSilent ? `pod ${metadata?.name}: its node ${spec?.nodeName} is not ready` : null
}

export const containersOf = (pod: Pod): readonly V1ContainerStatus[] => [
  ...(pod.status?.initContainerStatuses ?? []),
  ...(pod.status?.containerStatuses ?? []),
]

export const NO_IMAGE = ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']
export const BAD_CONTAINER = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']

export const waitingWords = (
  { metadata }: Pod,
  container: string,
  waiting: { reason?: string; message?: string } = {},
): string =>
  `pod ${metadata?.name}, container ${container}: ${waiting.reason ?? ''} ${waiting.message ?? ''}`.trim()

/** What keeps a pod's container from being started, in the kubelet's words; null where nothing does. */
function startTrouble(pod: Pod): string | null {
  const held = containersOf(pod).find(({ state }) =>
    [...NO_IMAGE, ...BAD_CONTAINER].includes(state?.waiting?.reason ?? ''),
  )
  return held ? waitingWords(pod, held.name, held.state?.waiting) : null
}

const OWN_CONTAINER = 'kubectl.kubernetes.io/default-container'

/** The service's container: where others were put beside it, maybe in front, the pod says which one is meant. */
export function ownContainer({ metadata, spec }: Pod): V1Container | undefined {
  const named = metadata?.annotations?.[OWN_CONTAINER]
  return spec?.containers.find(({ name }) => name === named) ?? spec?.containers[0]
}

/** An address as a URL has it. */
export const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address)

/** A pod as an instance; `version` as gonogo knows it, since a label cannot hold every version. */
export function instanceOf(pod: Pod, version: string, config: KubernetesConfig): Instance {
  const component = pod.metadata?.labels?.[LABELS.component] ?? ''
  const container = ownContainer(pod)
  const probe = container?.readinessProbe?.httpGet
  const trouble = nodeTrouble(pod) ?? startTrouble(pod)
  const port = portOf(pod, probe?.port ?? container?.ports?.[0]?.containerPort)
  return {
    id: pod.metadata?.name ?? '',
    version,
    digest: container?.image?.split('@')[1] ?? '',
    component,
    isPublic: config.components[component]?.public ?? false,
    url: `http://${hostOf(pod.status?.podIP ?? '0.0.0.0')}:${port}`,
    readyPath: probe?.path ?? null,
    healthPath: container?.livenessProbe?.httpGet?.path ?? null,
    pid: null,
    startedAtMs: new Date(pod.status?.startTime ?? 0).getTime(),
    ready: isReady(pod),
    ...(trouble !== null && { notReady: trouble }),
    // A node that was started again starts every container once: that is no loop of any.
    restarts: Math.max(0, ...containersOf(pod).map((one) => one.restartCount)),
    logFile: null,
    ...troubleOf(pod),
  }
}

/** An end that the kernel forced, or one after another: the kubelet waits longer and longer before it tries again. */
function troubleOf(pod: Pod): Pick<Instance, 'trouble'> {
  for (const { name, restartCount, state, lastState } of containersOf(pod)) {
    const where = `pod ${pod.metadata?.name}, container ${name}`
    const killed = [state, lastState].some((one) => one?.terminated?.reason === 'OOMKilled')
    if (killed)
      return {
        trouble: { code: 'out-of-memory', detail: `${where}: killed for using more memory than its limit` },
      }
    if (state?.waiting?.reason === 'CrashLoopBackOff')
      return { trouble: { code: 'crash-loop', detail: `${where}: ended ${restartCount + 1} times` } }
  }
  return {}
}

/** A probe may name its port instead of numbering it. */
function portOf(pod: Pod, port: number | string | undefined): number {
  if (typeof port === 'number') return port
  const named = ownContainer(pod)?.ports?.find((one) => one.name === port)
  return named?.containerPort ?? Number(port ?? 80)
}
