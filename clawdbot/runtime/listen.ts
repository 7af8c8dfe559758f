import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Log } from './log.ts'

/** A listening process part. `close` drains: see `listen`. */
export interface Listening {
  readonly url: string
  readonly server: Server
  /** Resolves with the number of requests that had to be cut (0 is a clean drain). A second call joins the first. */
  readonly close: () => Promise<number>
}

/** Whether the process is on its way out; readiness reports it. */
export interface DrainState {
  draining: boolean
}

export interface ListenOptions {
  fetch: Parameters<typeof createAdaptorServer>[0]['fetch']
  host: string
  /** 0 takes a free port. */
  port: number
  drain: DrainState
  /** How long to go on serving after the drain began, while readiness says 503 and balancers look away. */
  drainDelayMs: number
  /** When requests still running after the delay are cut. */
  drainTimeoutMs: number
  log: Log
}

/**
 * Serves HTTP. While draining, each answer carries `Connection: close`, so that a client never reuses a connection
 * that is about to go; after the delay the port is released, idle connections are closed, and running requests end.
 * @throws the listen error (EADDRINUSE, EACCES)
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { drain, log } = options
  const server = createAdaptorServer({ fetch: options.fetch }) as Server
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  server.keepAliveTimeout = 30_000
  server.prependListener('request', (_request, response) => {
    if (drain.draining) response.setHeader('connection', 'close')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`
  log.info({ url, pid: process.pid }, 'listening')

  let closing: Promise<number> | undefined
  return { url, server, close: () => (closing ??= drainServer(server, options)) }
}

async function drainServer(server: Server, options: ListenOptions): Promise<number> {
  options.drain.draining = true
  options.log.info({ drainDelayMs: options.drainDelayMs }, 'draining')
  if (options.drainDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, options.drainDelayMs))
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), options.drainTimeoutMs)
  })
  const outcome = await Promise.race([closed, late])
  clearTimeout(timer)
  if (outcome !== 'late') return 0
  const cut = await new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
  server.closeAllConnections()
  return cut
}
