import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'

/** Fetches a page for a skill; `granted` are the hosts and origins of its manifest. Throws what it refuses. */
export type FetchPage = (url: string, granted: readonly string[]) => Promise<string>

const LIMIT_MS = 3_000
const MOST_BYTES = 256 * 1024
const TEXT = /^(text\/|application\/([\w.+-]+\+)?(json|xml)\b)/

/**
 * Fetches from the addresses that the operator allows and the manifest asks for. Both lists hold hosts (`example.org`,
 * by https only) or origins (`http://127.0.0.1:8080`); a redirect is told, not followed. A name that leads to an address
 * of the machine or its network is refused when the connection is made, so that a name cannot change its mind.
 */
export function createFetchPage(allowed: readonly string[]): FetchPage {
  const agent = new Agent({ connect: { lookup: publicLookup }, connections: 4, bodyTimeout: LIMIT_MS })
  return async (text, granted) => {
    const url = new URL(text)
    if (url.username !== '' || url.password !== '') throw new Error('an address with a password is refused')
    const isListed =
      allowed.some((one) => matches(url, one)) && granted.some((one) => one === '*' || matches(url, one))
    if (!isListed) throw new Error(`${url.origin} is not on the allow-list`)
    const answer = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(LIMIT_MS) })
    const { statusCode, headers, body } = answer
    const type = String(headers['content-type'] ?? '')
    if (statusCode >= 300 || !TEXT.test(type)) {
      await body.dump({ limit: MOST_BYTES })
      if (statusCode < 300) throw new Error(`${url.host} answers ${type || 'no media type'}, not text`)
      const location = headers.location === undefined ? '' : ` and points to ${String(headers.location)}`
      throw new Error(`${url.host} answers ${statusCode}${location}`)
    }
    return readSome(body)
  }
}

const matches = (url: URL, allowed: string): boolean =>
  allowed.includes('://')
    ? URL.canParse(allowed) && new URL(allowed).origin === url.origin
    : url.origin === `https://${allowed.toLowerCase()}`

async function readSome(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MOST_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8')
}

const PRIVATE = new BlockList()
for (const [network, bits] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['224.0.0.0', 3],
  ] as const),
])
  PRIVATE.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv6')

/** An address that stands in the allow-list as such needs no lookup and never comes here. */
const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error) return done(error, [])
    const inside = found.find(({ address, family }) => PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4'))
    if (inside || found.length === 0 || isIP(host) !== 0)
      return done(new Error(`${host} leads to ${inside?.address ?? 'nowhere'}, an address inside`), [])
    const [first] = found
    if (options.all || !first) return done(null, found)
    return done(null, first.address, first.family)
  })
}
