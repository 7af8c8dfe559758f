import { Agent, createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { createProxyServer } from 'httpxy'
import { Exchange } from './exchange.ts'
import { prepareRequest, prepareResponse, UPSTREAM_HEADERS } from './headers.ts'
import type { Backend, Router } from './router.ts'
import { proxyUpgradeTo } from './upgrade.ts'

const CONNECTIONS_PER_INSTANCE = 1024
/** An instance that is silent this long, before or within an answer, has failed. */
const SILENCE_LIMIT_MS = 120_000
/** Longer than clients and balancers in front keep theirs, so that they end an idle connection, not the proxy. */
const CLIENT_KEEP_ALIVE_MS = 75_000
const ATTEMPTS = 3
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Carries its exchange along; a WeakMap beside it costs a fifth of the throughput in garbage collection. */
class CountedResponse extends ServerResponse {
  exchange: Exchange | null = null
}

export type ProxyServer = Server<typeof IncomingMessage, typeof CountedResponse>

/** PEM texts. */
export type Certificate = { readonly key: string; readonly cert: string }

/**
 * The public HTTP server, over TLS when it is given a certificate: each request to the instance that the router picks,
 * each answer counted for it. Not yet listening.
 */
export function createProxy(router: Router, certificate: Certificate | null = null): ProxyServer {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_PER_INSTANCE })
  const proxy = createProxyServer({ agent, proxyTimeout: SILENCE_LIMIT_MS, headers: UPSTREAM_HEADERS })
  proxy.on('proxyRes', (head, _req, res) => {
    const exchange = res instanceof CountedResponse ? res.exchange : null
    if (!exchange) return
    exchange.headCame(head)
    prepareResponse(head.headers, servedBy(exchange.backend))
  })
  const forward = async (req: IncomingMessage, res: ServerResponse, exchange: Exchange): Promise<void> => {
    try {
      await proxy.web(req, res, { target: addressOf(exchange.backend) })
    } catch (error) {
      const next = nextAfter(error, req, res, exchange, router)
      if (next) {
        exchange.moveTo(next)
        return forward(req, res, exchange)
      }
      fail(res, exchange, error)
    }
  }
  const options = {
    keepAliveTimeout: CLIENT_KEEP_ALIVE_MS,
    requestTimeout: 0,
    ServerResponse: CountedResponse,
  }
  const serve = (req: IncomingMessage, res: CountedResponse) => {
    const backend = router.pick()
    if (!backend) return answer(res, 503, 'no version of the service has traffic')
    const exchange = new Exchange(backend)
    if (backend.port === 0) return fail(res, exchange, null)
    res.exchange = exchange
    prepareRequest(req)
    res.on('close', () => exchange.closed(res))
    void forward(req, res, exchange)
  }
  const server = certificate
    ? createTlsServer({ ...options, ...certificate }, serve)
    : createServer(options, serve)
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) =>
    proxyUpgradeTo(router, req, socket, head),
  )
  return server
}

/** The instance to try next: only when no byte of the request went out and asking again is harmless. */
function nextAfter(
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  exchange: Exchange,
  router: Router,
): Backend | null {
  if (exchange.isSettled || res.headersSent || res.destroyed || !isConnectFailure(error)) return null
  // Refused: not ready, whatever its last probe said. The next probe decides anew.
  exchange.backend.ready = false
  if (!IDEMPOTENT.has(req.method ?? '') || hasBody(req) || exchange.tried.length + 1 >= ATTEMPTS) return null
  return router.sibling(exchange.backend.version, [...exchange.tried, exchange.backend])
}

const isConnectFailure = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'connect'

const hasBody = (req: IncomingMessage): boolean =>
  'transfer-encoding' in req.headers || Number(req.headers['content-length'] ?? 0) > 0

function fail(res: ServerResponse, exchange: Exchange, error: unknown): void {
  if (exchange.isSettled) return
  exchange.failed()
  if (res.headersSent || res.destroyed) {
    res.destroy()
    return
  }
  res.setHeader('x-served-by', servedBy(exchange.backend))
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
  if (exchange.backend.port === 0) answer(res, 503, `${exchange.backend.version} has no instance`)
  else answer(res, 502, `instance ${exchange.backend.instance} did not answer (${reason})`)
}

function answer(res: ServerResponse, status: number, detail: string): void {
  res.writeHead(status, { 'content-type': 'application/problem+json' })
  res.end(JSON.stringify({ type: 'about:blank', status, title: 'The service cannot answer', detail }))
}

const servedBy = (backend: Backend): string => `${backend.version}/${backend.instance}`

/** One URL object an instance: parsing it for each request is measurable. */
const addresses = new WeakMap<Backend, URL>()
function addressOf(backend: Backend): URL {
  const known = addresses.get(backend)
  if (known) return known
  const address = new URL(`http://${backend.host}:${backend.port}`)
  addresses.set(backend, address)
  return address
}
