import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { proxyUpgrade } from 'httpxy'
import { addForwarded } from './headers.ts'
import type { Backend, Router } from './router.ts'

const UPGRADE_LIMIT_MS = 10_000

/**
 * Passes a WebSocket on to the instance that the router picks. The handshake is one counted request; the connection
 * counts as under way until it ends. The library closes the client's socket when the instance cannot be reached.
 */
export async function proxyUpgradeTo(
  router: Router,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => {})
  const backend = router.pick()
  if (!backend || backend.port === 0) {
    backend?.counter.add(0, true)
    socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    return
  }
  const startedAtMs = performance.now()
  backend.inFlight++
  const closed = new Promise<void>((resolve) => socket.once('close', resolve))
  addForwarded(req)
  try {
    const upstream = await proxyUpgrade({ host: backend.host, port: backend.port }, req, socket, head, {
      xfwd: false,
      upgradeTimeout: UPGRADE_LIMIT_MS,
    })
    backend.counter.add(performance.now() - startedAtMs, false)
    tieTogether(socket, upstream)
    await closed
  } catch (error) {
    if (!socket.errored) backend.counter.add(performance.now() - startedAtMs, isFailure(error))
  } finally {
    release(backend)
  }
}

/** The library ends one side when the other ends; a side that is cut off must cut the other too. */
function tieTogether(client: Duplex, upstream: Duplex): void {
  upstream.on('error', () => client.destroy())
  client.on('close', () => upstream.destroy())
  upstream.on('close', () => client.destroy())
}

function release(backend: Backend): void {
  backend.inFlight--
}

/** A refusal by the instance (401, 404) is an answer; a connection that failed is not. */
const isFailure = (error: unknown): boolean => error instanceof Error && 'code' in error
