import type { KubeConfig } from '@kubernetes/client-node'
import { client } from './client.ts'

/** Whether this process runs inside the cluster with that API server, where pods are reached by their addresses. */
export function isOwnCluster(server: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !URL.canParse(server)) return false
  const named = new URL(server)
  const isIt = (one: string) => named.hostname === one || named.hostname === `[${one}]`
  if (/^kubernetes\.default\.svc(\.|$)/.test(named.hostname)) return true
  return isIt(host) && (named.port || '443') === (port || '443')
}

/** Reads the kubeconfig, or takes the pod's own account. Throws where there is neither or no such context. */
export function kubeConfig(file: string | null, context: string | null): KubeConfig {
  const config = new (client().KubeConfig)()
  if (file) config.loadFromFile(file)
  else config.loadFromDefault()
  if (context) {
    if (!config.getContextObject(context)) throw new Error(`there is no context ${context}`)
    config.setCurrentContext(context)
  }
  if (!config.getCurrentCluster()) throw new Error('it names no cluster')
  return config
}
