import { createServer } from 'node:net'

const ATTEMPTS = 50

/** Hands out free ports of one address, none twice while it is held. Another program may still take one first. */
export class Ports {
  readonly #held = new Set<number>()
  readonly #host: string

  constructor(host: string) {
    this.#host = host
  }

  /** Marks a port that is in use from before. */
  hold(port: number): void {
    this.#held.add(port)
  }

  async take(): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = await freePort(this.#host)
      if (this.#held.has(port)) continue
      this.#held.add(port)
      return port
    }
    throw new Error(`no free port on ${this.#host} after ${ATTEMPTS} attempts`)
  }

  release(port: number): void {
    this.#held.delete(port)
  }
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}

/** True when nobody listens there: what went wrong with a new process was not a port that somebody else took. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
