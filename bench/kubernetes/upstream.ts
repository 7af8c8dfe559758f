import { once } from 'node:events'
import { createServer } from 'node:http'
import { NODE_ADDRESS } from '../../testing/kubernetes/places.ts'

export type Upstream = {
  readonly url: string
  /** The share of requests that fail from now on, 0…1. */
  fail(share: number): void
  close(): void
}

/** What every version of the service asks, so that an incident there hits all of them at once. */
export async function startUpstream(): Promise<Upstream> {
  let share = 0
  const server = createServer({ keepAliveTimeout: 120_000 }, (_request, response) => {
    response.writeHead(Math.random() < share ? 500 : 200)
    response.end()
  }).listen(0, NODE_ADDRESS)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://${NODE_ADDRESS}:${port}/`,
    fail: (wanted) => {
      share = wanted
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
