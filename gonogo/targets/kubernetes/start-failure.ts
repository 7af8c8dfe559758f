import type { Outcome } from '../target.ts'
import type { ClusterApi, Deployment, Pod } from './cluster-api.ts'
import { containersOf, isEnding, isReady } from './pods.ts'

/** This many ends without ever being ready are a loop. */
const ENDS_BEFORE_LOOP = 2
const NO_IMAGE = ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']
const BAD_CONTAINER = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']

/** The kubelet has not read a new ConfigMap yet, and tries again. */
const PASSING = /timed out waiting for the condition/

const failure = (code: string, detail: string): Outcome => ({ ok: false, code, detail })

/** Why a Deployment that is not ready will not be, in the cluster's own words; null while it still may. */
export async function startFailure(
  api: ClusterApi,
  deployment: Deployment | null,
  pods: readonly Pod[],
  roomTimeoutMs: number,
): Promise<Outcome | null> {
  const refused = deployment?.status?.conditions?.find(
    (one) => one.type === 'ReplicaFailure' && one.status === 'True',
  )
  if (refused) return failure('refused-by-cluster', `${deployment?.metadata?.name}: ${refused.message}`)
  for (const pod of pods.filter((one) => !isEnding(one) && !isReady(one))) {
    const unplaced = noRoom(pod, roomTimeoutMs)
    if (unplaced) return unplaced
    for (const { name, restartCount, state, lastState } of containersOf(pod)) {
      const where = `pod ${pod.metadata?.name}, container ${name}`
      const { reason = '', message = '' } = state?.waiting ?? {}
      if (NO_IMAGE.includes(reason)) return failure('no-image', `${where}: ${reason} ${message}`.trim())
      if (BAD_CONTAINER.includes(reason) && !PASSING.test(message))
        return failure('start-failed', `${where}: ${reason} ${message}`.trim())
      const isLooping = reason === 'CrashLoopBackOff' || restartCount >= ENDS_BEFORE_LOOP
      if (!isLooping) continue
      const { exitCode, reason: ending } = lastState?.terminated ?? state?.terminated ?? {}
      const words = (await api.lastLog(pod.metadata?.name ?? '', name)).trim()
      const how =
        ending === 'OOMKilled' ? 'killed for using more memory than its limit' : `exit code ${exitCode}`
      return failure(
        ending === 'OOMKilled' ? 'out-of-memory' : 'crash-loop',
        `${where}: ended again and again before it was ready (${how})${words ? `; its last words:\n${words}` : '; its log is empty'}`,
      )
    }
  }
  return null
}

/** A node that an autoscaler brings takes minutes; where there is none, nothing will change. */
function noRoom(pod: Pod, afterMs: number): Outcome | null {
  const unplaced = pod.status?.conditions?.find(
    (one) => one.type === 'PodScheduled' && one.status === 'False' && one.reason === 'Unschedulable',
  )
  const since = new Date(unplaced?.lastTransitionTime ?? 0).getTime()
  if (!unplaced || Date.now() - since < afterMs) return null
  return failure('no-room', `pod ${pod.metadata?.name} finds no node: ${unplaced.message}`)
}

/** What is to be said of pods that were not ready in time. */
export function notReady(pods: readonly Pod[], name: string, afterMs: number): Outcome {
  const pod = pods.find((one) => !isEnding(one) && !isReady(one))
  const what = pod ? `pod ${pod.metadata?.name} is ${pod.status?.phase}` : `there is no pod`
  return failure('not-ready', `${name}: not ready after ${afterMs} ms; ${what}`)
}
