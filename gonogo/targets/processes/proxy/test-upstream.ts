import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Server as TcpServer } from 'node:net'
import { createProxy } from './http-proxy.ts'
import { type Backend, Router } from './router.ts'

/** A proxy with real instances behind it, for one test. */
export type ProxyWorld = {
  readonly url: string
  readonly port: number
  readonly router: Router
  /** Adds an instance of a version that answers by `listener`. */
  instance(version: string, listener: RequestListener): Promise<{ backend: Backend; server: Server }>
  /** Adds an instance that refuses connections, though it is said to be ready. */
  deadInstance(version: string): Promise<Backend>
  counted(version: string): { requests: number; errors: number }
}

export async function withProxy(body: (world: ProxyWorld) => Promise<void>): Promise<void> {
  const router = new Router()
  const proxy = createProxy(router)
  const servers: Server[] = []
  let made = 0
  const add = (version: string, port: number): Backend => {
    const backend = router.add({ version, instance: `${version}-${++made}`, host: '127.0.0.1', port })
    backend.ready = true
    return backend
  }
  const port = await listen(proxy)
  try {
    await body({
      url: `http://127.0.0.1:${port}`,
      port,
      router,
      instance: async (version, listener) => {
        const server = createServer(listener)
        servers.push(server)
        return { backend: add(version, await listen(server)), server }
      },
      deadInstance: async (version) => {
        const server = createServer()
        const deadPort = await listen(server)
        server.close()
        await once(server, 'close')
        return add(version, deadPort)
      },
      counted: (version) => {
        const own = router.samples().filter((sample) => sample.version === version)
        const sum = (key: 'requests' | 'errors') => own.reduce((total, sample) => total + sample[key], 0)
        return { requests: sum('requests'), errors: sum('errors') }
      },
    })
  } finally {
    for (const server of [proxy, ...servers]) {
      server.close()
      server.closeAllConnections()
    }
  }
}

async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
