import type { Outcome } from '../target.ts'
import type { ClusterApi, Controller, Pod } from './cluster-api.ts'
import {
  BAD_CONTAINER,
  containersOf,
  isEnding,
  isReady,
  NO_IMAGE,
  nodeTrouble,
  waitingWords,
} from './pods.ts'

/** This many ends without ever being ready are a loop; when time is up, one is. */
const ENDS_BEFORE_LOOP = 2

/** The kubelet has not read a new ConfigMap yet, and tries again. */
const PASSING = /timed out waiting for the condition/

const failure = (code: string, detail: string): Outcome => ({ ok: false, code, detail })

/** Why a component that is not ready will not be, in the cluster's own words; null while it still may. */
export async function startFailure(
  api: ClusterApi,
  controller: Controller | null,
  pods: readonly Pod[],
  roomTimeoutMs: number,
): Promise<Outcome | null> {
  const refused = controller?.status?.conditions?.find(
    (one) => one.type === 'ReplicaFailure' && one.status === 'True',
  )
  if (refused) return failure('refused-by-cluster', `${controller?.metadata?.name}: ${refused.message}`)
  for (const pod of pods.filter((one) => !isEnding(one) && !isReady(one))) {
    const unplaced = noRoom(pod, roomTimeoutMs)
    if (unplaced) return unplaced
    for (const { name, restartCount, state } of containersOf(pod)) {
      const { reason = '', message = '' } = state?.waiting ?? {}
      const words = waitingWords(pod, name, state?.waiting)
      if (NO_IMAGE.includes(reason)) return failure('no-image', words)
      if (BAD_CONTAINER.includes(reason) && !PASSING.test(message)) return failure('start-failed', words)
      if (reason === 'CrashLoopBackOff' || restartCount >= ENDS_BEFORE_LOOP) return crashLoop(api, pod, name)
    }
  }
  return null
}

/** Events have whole seconds. */
const SECOND_MS = 1000

/** A StatefulSet says only by an event that the cluster refuses its pods. */
export async function podsRefused(api: ClusterApi, set: string, sinceMs: number): Promise<Outcome | null> {
  const words = await api.lastWarning(set, sinceMs - SECOND_MS)
  return /^create Pod .* (forbidden|denied)/.test(words)
    ? failure('refused-by-cluster', `${set}: ${words}`)
    : null
}

async function crashLoop(api: ClusterApi, pod: Pod, container: string): Promise<Outcome> {
  const status = containersOf(pod).find(({ name }) => name === container)
  const { exitCode, reason } = status?.lastState?.terminated ?? status?.state?.terminated ?? {}
  const isKilled = reason === 'OOMKilled'
  const how = isKilled ? 'killed for using more memory than its limit' : `exit code ${exitCode}`
  const words = (await api.lastLog(pod.metadata?.name ?? '', container)).trim()
  return failure(
    isKilled ? 'out-of-memory' : 'crash-loop',
    `pod ${pod.metadata?.name}, container ${container}: ended before it was ever ready (${how})${words ? `; its last words:\n${words}` : '; its log is empty'}`,
  )
}

/** A claim that was made a moment ago, as a StatefulSet makes them, has its volume a moment later. */
const UNBOUND = /unbound immediate PersistentVolumeClaims|persistentvolumeclaim "\S+" not found/

/** A node that an autoscaler brings takes minutes; where there is none, nothing will change. */
function noRoom(pod: Pod, afterMs: number): Outcome | null {
  const unplaced = pod.status?.conditions?.find(
    (one) => one.type === 'PodScheduled' && one.status === 'False' && one.reason === 'Unschedulable',
  )
  const since = new Date(unplaced?.lastTransitionTime ?? 0).getTime()
  if (!unplaced || Date.now() - since < afterMs || UNBOUND.test(unplaced.message ?? '')) return null
  return failure('no-room', `pod ${pod.metadata?.name} finds no node: ${unplaced.message}`)
}

/** What is to be said of pods that were not ready in time. */
export async function notReady(
  api: ClusterApi,
  pods: readonly Pod[],
  name: string,
  afterMs: number,
): Promise<Outcome> {
  const waiting = pods.filter((one) => !isEnding(one) && !isReady(one))
  for (const pod of waiting) {
    const ended = containersOf(pod).find(({ restartCount, state }) => restartCount > 0 || state?.terminated)
    if (ended) return crashLoop(api, pod, ended.name)
  }
  const [pod] = waiting
  const what = pod
    ? (nodeTrouble(pod) ?? `pod ${pod.metadata?.name} is ${pod.status?.phase}`)
    : `there is no pod`
  return failure('not-ready', `${name}: not ready after ${afterMs} ms; ${what}`)
}
