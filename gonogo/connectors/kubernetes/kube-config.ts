import type { KubeConfig } from '@kubernetes/client-node'
import { client } from './client.ts'

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
