import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Fields that are about one connection and end there (RFC 9110, 7.6.1). Transfer-Encoding is left to node's framing. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
]

/** Makes a request's headers those that the instance is to see, in place. */
export function prepareRequest(req: IncomingMessage): void {
  const wantsClose = /\bclose\b/i.test(req.headers.connection ?? '')
  stripHopByHop(req.headers)
  // Answered by node's server already; the instance is sent the body at once.
  delete req.headers.expect
  // Only for the way back to this client: towards the instance the connection is kept by `UPSTREAM_HEADERS`.
  if (wantsClose) req.headers.connection = 'close'
  addForwarded(req)
  req.url = originForm(req.url ?? '/')
}

/** What every request to an instance says of its connection, whatever the client said of its own. */
export const UPSTREAM_HEADERS = { connection: 'keep-alive' } as const

/** Makes an answer's headers those that the client is to see, in place. */
export function prepareResponse(headers: IncomingHttpHeaders, servedBy: string): void {
  stripHopByHop(headers)
  headers['x-served-by'] = servedBy
}

/** Whose request it is, for the instance; a chain that is there already is continued. */
export function addForwarded(req: IncomingMessage): void {
  const { headers } = req
  const from = req.socket.remoteAddress ?? 'unknown'
  const chain = headers['x-forwarded-for']
  headers['x-forwarded-for'] = chain ? `${chain}, ${from}` : from
  headers['x-forwarded-proto'] ??= 'encrypted' in req.socket ? 'https' : 'http'
  if (headers.host) headers['x-forwarded-host'] ??= headers.host
}

function stripHopByHop(headers: IncomingHttpHeaders): void {
  const named = headers.connection?.split(',').map((token) => token.trim().toLowerCase()) ?? []
  // A client must not have the framing itself taken away by naming it (request smuggling).
  const framing = new Set(['transfer-encoding', 'content-length', 'host'])
  for (const name of named) if (!framing.has(name)) delete headers[name]
  for (const name of HOP_BY_HOP) delete headers[name]
}

/** `GET http://host/path` is what clients send to a forward proxy; an instance expects the path. */
function originForm(url: string): string {
  if (!/^https?:\/\//i.test(url)) return url
  const { pathname, search } = new URL(url)
  return pathname + search
}
