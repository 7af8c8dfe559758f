import { startControllers, up } from './cluster.ts'
import { kubectl } from './commands.ts'
import { stopDaemon } from './daemons.ts'
import { NODE_NAME } from './places.ts'

/** A node that is silent for this long is not ready, instead of two minutes. */
const SOON = '--node-monitor-grace-period=20s'

/** The cluster's only node falls silent, as one does whose machine is gone; afterwards it is as it was. */
export async function whileNodeIsSilent(body: () => Promise<void>): Promise<void> {
  try {
    await stopDaemon('kube-controller-manager')
    startControllers([SOON])
    await stopDaemon('kubelet')
    await body()
  } finally {
    await stopDaemon('kube-controller-manager')
    await up(() => undefined)
  }
}

/** No pod is placed on the cluster's only node, as while it is drained. */
export async function whileNodeIsCordoned(body: () => Promise<void>): Promise<void> {
  await kubectl(['cordon', NODE_NAME])
  try {
    await body()
  } finally {
    await kubectl(['uncordon', NODE_NAME])
  }
}

/** Asks the cluster to move a pod elsewhere, as a drain does; throws with its words where a budget refuses. */
export async function evict(pod: string, namespace: string): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } }
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`
  await kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(eviction))
}
