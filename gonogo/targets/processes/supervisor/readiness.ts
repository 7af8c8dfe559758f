import { connect } from 'node:net'
import { Agent, request } from 'undici'

const PROBE_LIMIT_MS = 2000
const agent = new Agent({ keepAliveTimeout: 4000, connections: 2 })

/** Asks once: 2xx on the path, or an open port where there is no path. Never throws. */
export async function isReady(host: string, port: number, path: string | undefined): Promise<boolean> {
  if (path === undefined) return acceptsConnections(host, port)
  try {
    const answer = await request(`http://${host}:${port}${path}`, {
      dispatcher: agent,
      headersTimeout: PROBE_LIMIT_MS,
      bodyTimeout: PROBE_LIMIT_MS,
      signal: AbortSignal.timeout(PROBE_LIMIT_MS),
    })
    await answer.body.dump()
    return answer.statusCode >= 200 && answer.statusCode < 300
  } catch {
    return false
  }
}

function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_LIMIT_MS })
    const done = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
    socket.once('timeout', () => done(false))
  })
}
