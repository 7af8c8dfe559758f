import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { ReadingProblem } from '../reading-problem.ts'

const LIMIT_MS = 10_000
/** A name may have many addresses; no more than these are tried. */
const MAX_ADDRESSES = 8
const MAX_CHAIN = 10

export type TlsHost = {
  readonly host: string
  readonly port: number
  /** The name that the certificate must be for, where the connection goes to another address. */
  readonly servername: string
  /** PEM of a private authority; the system's own otherwise. */
  readonly ca?: string | undefined
}

/** What one address presented. */
export type Handshake = {
  readonly address: string
  /** SHA-256 fingerprint of the certificate. */
  readonly fingerprint: string
  /** Why the chain is not trusted, as OpenSSL's code; null when it is. */
  readonly chainProblem: string | null
  /** Why the certificate is not for the name; null when it is. */
  readonly nameProblem: string | null
  /** The earliest end of any certificate that was presented, epoch ms. */
  readonly validToMs: number
  readonly validFromMs: number
}

/** A handshake with every address of a host. Nothing is sent over the connections. */
export async function shakeHands(target: TlsHost, signal: AbortSignal): Promise<Handshake[]> {
  const addresses = isIP(target.host) ? [target.host] : await addressesOf(target.host)
  return Promise.all(addresses.slice(0, MAX_ADDRESSES).map((address) => shakeHand(target, address, signal)))
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return [...new Set((await lookup(host, { all: true })).map(({ address }) => address))]
  } catch (error) {
    throw new ReadingProblem('unreachable', host, `has no address (${(error as NodeJS.ErrnoException).code})`)
  }
}

function shakeHand(target: TlsHost, address: string, signal: AbortSignal): Promise<Handshake> {
  const { port, servername, ca } = target
  const name = `${target.host}:${port} (${address})`
  const options = {
    host: address,
    port,
    // The certificate is judged below, with every reason; nothing is sent over a connection that is not trusted.
    rejectUnauthorized: false,
    ...(isIP(servername) ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
  }
  return new Promise((resolve, reject) => {
    const socket = connect(options)
    const refuse = (reason: string) => {
      socket.destroy()
      reject(new ReadingProblem('unreachable', name, reason))
    }
    const abort = () => refuse('the check was ended')
    signal.addEventListener('abort', abort, { once: true })
    socket.setTimeout(LIMIT_MS, () => refuse(`no handshake within ${LIMIT_MS / 1000} s`))
    socket.once('error', (error) =>
      refuse(`no handshake (${(error as NodeJS.ErrnoException).code ?? error.message})`),
    )
    socket.once('close', () => signal.removeEventListener('abort', abort))
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true)
      if (!certificate?.raw) return refuse('presented no certificate')
      const handshake = read(socket, certificate, servername, address)
      socket.destroy()
      resolve(handshake)
    })
  })
}

function read(
  socket: TLSSocket,
  certificate: DetailedPeerCertificate,
  servername: string,
  address: string,
): Handshake {
  const chain = chainOf(certificate)
  const problem = socket.authorizationError as Error | string | null | undefined
  const code =
    problem instanceof Error ? ((problem as NodeJS.ErrnoException).code ?? problem.message) : problem
  return {
    address,
    fingerprint: certificate.fingerprint256,
    chainProblem: socket.authorized ? null : (code ?? 'not trusted'),
    nameProblem: checkServerIdentity(servername, certificate)?.message ?? null,
    validToMs: Math.min(...chain.map((one) => Date.parse(one.valid_to))),
    validFromMs: Math.max(...chain.map((one) => Date.parse(one.valid_from))),
  }
}

/** The certificate and those that issued it. A root names itself as its issuer. */
function chainOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = []
  let next: DetailedPeerCertificate | undefined = certificate
  while (
    next?.raw &&
    chain.length < MAX_CHAIN &&
    !chain.some((one) => one.fingerprint256 === next?.fingerprint256)
  ) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}
