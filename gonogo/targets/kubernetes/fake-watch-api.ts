import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubernetesObject } from '@kubernetes/client-node'

type Line = { readonly type: string; readonly object: object }
type Change = Line & { readonly version: number }
type Asked = { readonly path: string; readonly isWatch: boolean; readonly atMs: number }

const KINDS: Readonly<Record<string, readonly string[]>> = {
  '/api/v1': ['Pod', 'Service'],
  '/apis/apps/v1': ['Deployment', 'StatefulSet'],
  '/apis/autoscaling/v2': ['HorizontalPodAutoscaler'],
  '/apis/gateway.networking.k8s.io/v1': ['HTTPRoute'],
}
const GONE = {
  kind: 'Status',
  status: 'Failure',
  code: 410,
  reason: 'Expired',
  message: 'too old resource version',
}
const FORBIDDEN = { kind: 'Status', status: 'Failure', code: 403, reason: 'Forbidden', message: 'forbidden' }
const BUSY = {
  kind: 'Status',
  status: 'Failure',
  code: 429,
  reason: 'TooManyRequests',
  message: 'please try again later',
}

/**
 * A fake of the API server's lists and watches, over HTTP on 127.0.0.1, as the API's concepts are documented: a list has a
 * version, a watch goes on from one, and of versions that are forgotten the API says 410. Only pods can be changed.
 */
export class FakeWatchApi {
  readonly #server = createServer((request, response) => this.#answer(request, response))
  readonly #pods = new Map<string, KubernetesObject>()
  readonly #watchers = new Map<ServerResponse, string>()
  #changes: Change[] = []
  #version = 1
  #oldest = 1
  #busy = { times: 0, retryAfterS: 0 }
  #lists: Promise<unknown> = Promise.resolve()
  readonly asked: Asked[] = []
  /** What nobody may watch, by the end of its path. */
  forbidden = ''
  /** Where 410 is said: in the stream, or as the status of the answer. */
  goneAs: 'event' | 'status' = 'event'

  static async start(): Promise<FakeWatchApi> {
    const api = new FakeWatchApi()
    api.#server.listen(0, '127.0.0.1')
    await once(api.#server, 'listening')
    return api
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Watches that are connected. */
  get watched(): number {
    return this.#watchers.size
  }

  put(name: string): void {
    const metadata = { name, namespace: 'prod', resourceVersion: String(++this.#version) }
    const object = { apiVersion: 'v1', kind: 'Pod', metadata }
    const type = this.#pods.has(name) ? 'MODIFIED' : 'ADDED'
    this.#pods.set(name, object)
    this.#tell({ type, object, version: this.#version })
  }

  remove(name: string): void {
    const gone = this.#pods.get(name)
    this.#pods.delete(name)
    const metadata = { ...gone?.metadata, resourceVersion: String(++this.#version) }
    this.#tell({ type: 'DELETED', object: { ...gone, metadata }, version: this.#version })
  }

  /** Cuts every watch, lets changes happen that none of them is told of, and forgets them. */
  forget(changes: () => void): void {
    const cut = [...this.#watchers.keys()]
    this.#watchers.clear()
    changes()
    this.#changes = []
    this.#oldest = this.#version
    for (const response of cut) {
      if (this.goneAs === 'event') write(response, { type: 'ERROR', object: GONE })
      response.end()
    }
  }

  /** Ends every watch as a server does from time to time. */
  endWatches(): void {
    for (const response of this.#watchers.keys()) response.end()
    this.#watchers.clear()
  }

  throttle(times: number, retryAfterS: number): void {
    this.#busy = { times, retryAfterS }
  }

  /** Lists answer when this has settled. */
  holdLists(until: Promise<unknown>): void {
    this.#lists = until
  }

  #tell(change: Change): void {
    this.#changes.push(change)
    for (const [response, path] of this.#watchers) if (path.endsWith('/pods')) write(response, change)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', this.url)
    const kinds = KINDS[path]
    if (kinds) {
      const resources = kinds.map((kind) => ({ name: `${kind.toLowerCase()}s`, kind, namespaced: true }))
      return json(response, 200, {
        kind: 'APIResourceList',
        groupVersion: path.split('/').slice(-2).join('/'),
        resources,
      })
    }
    const isWatch = searchParams.get('watch') === 'true'
    this.asked.push({ path, isWatch, atMs: performance.now() })
    if (this.#busy.times > 0) {
      this.#busy.times--
      return json(response, 429, BUSY, { 'retry-after': String(this.#busy.retryAfterS) })
    }
    if (isWatch && this.forbidden && path.endsWith(this.forbidden)) return json(response, 403, FORBIDDEN)
    if (isWatch) return this.#watch(path, Number(searchParams.get('resourceVersion')), response)
    await this.#lists
    const items = path.endsWith('/pods') ? [...this.#pods.values()] : []
    json(response, 200, { kind: 'List', metadata: { resourceVersion: String(this.#version) }, items })
  }

  #watch(path: string, from: number, response: ServerResponse): void {
    const isGone = from < this.#oldest
    if (isGone && this.goneAs === 'status') {
      json(response, 410, GONE)
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    if (isGone) {
      write(response, { type: 'ERROR', object: GONE })
      response.end()
      return
    }
    if (path.endsWith('/pods'))
      for (const change of this.#changes) if (change.version > from) write(response, change)
    this.#watchers.set(response, path)
    response.on('close', () => this.#watchers.delete(response))
  }
}

const write = (response: ServerResponse, { type, object }: Line): void =>
  void response.write(`${JSON.stringify({ type, object })}\n`)

function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
