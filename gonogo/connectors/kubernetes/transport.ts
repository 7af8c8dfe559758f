import type { KubeConfig } from '@kubernetes/client-node'
import { Agent, type Dispatcher } from 'undici'

/** Over which connections a server is reached, and with which headers as whom. */
export type Reach = () => Promise<{
  readonly dispatcher: Dispatcher
  readonly headers: Readonly<Record<string, string>>
}>

/** To the API server as the kubeconfig's identity; with at most so many connections where that is said. */
export function reachOf(config: KubeConfig, connections?: number): Reach {
  let agent: Agent | null = null
  return async () => {
    // Tokens end and certificates are renewed: who we are is looked up for each call.
    const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {}
    await config.applyToHTTPSOptions(options)
    const { ca, cert, key, servername, rejectUnauthorized } = options as Record<string, string | undefined>
    agent ??= new Agent({
      connect: { ca, cert, key, servername, rejectUnauthorized } as never,
      ...(connections !== undefined && { connections }),
    })
    return { dispatcher: agent, headers: options.headers as Record<string, string> }
  }
}
