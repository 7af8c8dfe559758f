import type { RequestOptions } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { KubeConfig, RequestContext } from '@kubernetes/client-node'
import { client } from './client.ts'

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>

/** What an API that has gone without a word was asked is given up after so long, and asked again. */
const ANSWER_WITHIN_MS = 30_000

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
  keepConnections(config)
  return config
}

/**
 * The library opens a connection for each call; here the next call takes the one that is open. Credentials that
 * change begin with new ones.
 */
function keepConnections(config: KubeConfig): void {
  const authenticate = config.applySecurityAuthentication.bind(config)
  let kept: { readonly credentials: readonly unknown[]; readonly dispatcher: Dispatcher } | null = null
  config.applySecurityAuthentication = async (call) => {
    await authenticate(call)
    call.setSignal(AbortSignal.timeout(ANSWER_WITHIN_MS))
    const dispatcher = call.getDispatcher()
    if (!dispatcher) return
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const { ca, cert, key, pfx, passphrase } = options
    const credentials = [ca, cert, key, pfx, passphrase]
    if (!kept || !isDeepStrictEqual(kept.credentials, credentials)) kept = { credentials, dispatcher }
    call.setDispatcher(kept.dispatcher)
  }
}
