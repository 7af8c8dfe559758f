import type { KubeConfig } from '@kubernetes/client-node'
import { isOwnCluster } from '#connectors/kubernetes/kube-config.ts'
import { reachOf } from '#connectors/kubernetes/transport.ts'
import type { Relay } from '../kind-of-target.ts'

/** Scrapes go side by side, and the API server has others to serve. */
const CONNECTIONS = 16

/** Pods by the API server's proxy, which leads into the cluster from wherever the API is reached. */
export function podRelay(config: KubeConfig, namespace: string): Relay {
  const server = config.getCurrentCluster()?.server ?? ''
  return {
    isNeeded: !isOwnCluster(server),
    reach: reachOf(config, CONNECTIONS),
    addressOf: ({ id, url }) => {
      const { protocol, port } = new URL(url)
      const scheme = protocol === 'https:' ? 'https:' : ''
      const number = port || (protocol === 'https:' ? '443' : '80')
      return `${server}/api/v1/namespaces/${namespace}/pods/${scheme}${id}:${number}/proxy`
    },
  }
}
