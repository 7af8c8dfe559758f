import type { ClusterApi, Pod, StatefulSet } from './cluster-api.ts'
import { isEnding, isReady } from './pods.ts'

const REVISION = 'controller-revision-hash'

const ordinalOf = ({ metadata }: Pod): number => Number(/-(\d+)$/.exec(metadata?.name ?? '')?.[1] ?? -1)

/** What the status says is of the StatefulSet as it was written last. */
const isCurrent = ({ metadata, status }: StatefulSet): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1)

const isNew = ({ status }: StatefulSet, { metadata }: Pod): boolean =>
  metadata?.labels?.[REVISION] === status?.updateRevision

/** The pods that were made from the template as it is now. */
export const newPods = (set: StatefulSet | null, pods: readonly Pod[]): readonly Pod[] =>
  set && isCurrent(set) ? pods.filter((pod) => isNew(set, pod)) : []

/**
 * Pods that are to be replaced and are not ready: the controller waits until they are before it replaces any, which one that
 * does not start will never be.
 */
export function stuckPods(set: StatefulSet | null, pods: readonly Pod[]): readonly Pod[] {
  if (!set || !isCurrent(set)) return []
  const { partition = 0 } = set.spec?.updateStrategy?.rollingUpdate ?? {}
  return pods.filter(
    (pod) => ordinalOf(pod) >= partition && !isNew(set, pod) && !isReady(pod) && !isEnding(pod),
  )
}

/** Lets the controller make them anew, from the template as it is now. */
export async function freeStuckPods(
  api: ClusterApi,
  set: StatefulSet | null,
  pods: readonly Pod[],
): Promise<void> {
  for (const { metadata } of stuckPods(set, pods))
    await api.remove('v1', 'Pod', metadata?.name ?? '', metadata?.uid)
}

/**
 * Whether so many pods are of the new template and ready, and those of before are gone. With all of them new, also whether the
 * controller has noted it: it would give a pod that dies the template of before.
 */
export function isSetRolledOut(set: StatefulSet | null, pods: readonly Pod[], replicas: number): boolean {
  if (!set || !isCurrent(set)) return false
  const { status, spec } = set
  const { partition = 0 } = spec?.updateStrategy?.rollingUpdate ?? {}
  return (
    pods.length <= (spec?.replicas ?? 0) &&
    newPods(set, pods).filter(isReady).length >= replicas &&
    (status?.availableReplicas ?? 0) >= replicas &&
    (partition > 0 || status?.currentRevision === status?.updateRevision)
  )
}
