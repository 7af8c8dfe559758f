import { readFileSync } from 'node:fs'
import { Server as TlsServer } from 'node:https'
import { resolve } from 'node:path'
import { listenAddress } from '../config.ts'
import type { Settings, Started } from '../protocol.ts'
import { type Certificate, createProxy, type ProxyServer } from '../proxy/http-proxy.ts'
import type { Router } from '../proxy/router.ts'
import { log } from './log.ts'
import type { SavedState } from './saved-state.ts'
import { certificateProblem, portProblem } from './system-problem.ts'

/** Where users reach the service: one plain server, and one over TLS where the service file names a certificate. */
export class PublicAddress {
  readonly url: string
  readonly secureUrl: string | null
  readonly #servers: readonly ProxyServer[]

  private constructor(urls: readonly [string, string | null], servers: readonly ProxyServer[]) {
    ;[this.url, this.secureUrl] = urls
    this.#servers = servers
  }

  /** Listens at the addresses asked for; for port 0 at the port of last time, or any. Writes the ports to the state. */
  static async open(settings: Settings, state: SavedState, router: Router): Promise<PublicAddress | Started> {
    const { listen, tls } = settings.config
    const plain = createProxy(router)
    try {
      state.port = await listenAt(plain, listen, state.port)
    } catch (error) {
      return portProblem(error, listen, `environments.${settings.name}.target.listen`)
    }
    const url = urlAt('http', listen, state.port)
    if (!tls) return new PublicAddress([url, null], [plain])
    const certificate = readCertificate(settings)
    if ('ok' in certificate) return certificate
    const secure = secureProxy(router, certificate)
    if (!secure) return certificateProblem(settings, 'key and certificate are not PEM, or not of each other')
    try {
      state.securePort = await listenAt(secure, tls.listen, state.securePort)
    } catch (error) {
      return portProblem(error, tls.listen, `environments.${settings.name}.target.tls.listen`)
    }
    return new PublicAddress([url, urlAt('https', tls.listen, state.securePort)], [plain, secure])
  }

  /** A renewed certificate holds for new connections; one that cannot be read leaves the one that is in use. */
  renewCertificate(settings: Settings): void {
    const server = this.#servers.find((one) => one instanceof TlsServer)
    if (!server || !settings.config.tls) return
    const certificate = readCertificate(settings)
    try {
      if ('ok' in certificate) throw new Error(certificate.detail)
      ;(server as unknown as TlsServer).setSecureContext(certificate)
    } catch (error) {
      log('the certificate stays as it is', { reason: (error as Error).message })
    }
  }

  /** Takes no new connection; settles when the last one has ended. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))))
  }

  closeAllConnections(): void {
    for (const server of this.#servers) server.closeAllConnections()
  }
}

function secureProxy(router: Router, certificate: Certificate): ProxyServer | null {
  try {
    return createProxy(router, certificate)
  } catch {
    return null
  }
}

function readCertificate(settings: Settings): Certificate | Started {
  const { tls } = settings.config
  const read = (path = '') => readFileSync(resolve(settings.root, path), 'utf8')
  try {
    return { key: read(tls?.key), cert: read(tls?.certificate) }
  } catch (error) {
    return certificateProblem(settings, (error as Error).message)
  }
}

async function listenAt(server: ProxyServer, listen: string, last: number | null): Promise<number> {
  const { host, port } = listenAddress(listen)
  if (port !== 0 || last === null) return listenOn(server, host, port)
  return listenOn(server, host, last).catch(() => listenOn(server, host, 0))
}

function listenOn(server: ProxyServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' ? (address?.port ?? port) : port)
    })
  })
}

/** Where a client on this machine reaches it. */
function urlAt(scheme: 'http' | 'https', listen: string, port: number): string {
  const { host } = listenAddress(listen)
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}
