import { type Informer, makeInformer, type V1Pod } from '@kubernetes/client-node'
import type { ClusterApi, Pod } from './cluster-api.ts'

const AGAIN_MS = 500

/**
 * Tells that some pod of the route changed. What changed is read anew by whoever waits: a watch may lag or break, it only
 * saves the waiting.
 */
export class PodChanges {
  readonly #informer: Informer<V1Pod>
  #waiting: (() => void)[] = []
  #isClosed = false

  constructor(api: ClusterApi, selector: string) {
    const path = `/api/v1/namespaces/${api.namespace}/pods`
    this.#informer = makeInformer<V1Pod>(
      api.config,
      path,
      async () => ({
        apiVersion: 'v1',
        kind: 'PodList',
        metadata: {},
        items: await api.list<Pod>('v1', 'Pod', selector),
      }),
      selector,
    )
    for (const verb of ['add', 'update', 'delete'] as const) this.#informer.on(verb, () => this.#tell())
    this.#informer.on('error', () => {
      if (!this.#isClosed) setTimeout(() => this.#start(), AGAIN_MS).unref()
    })
    this.#start()
  }

  /** Settles with the next change. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#informer.stop()
  }

  #start(): void {
    if (!this.#isClosed) this.#informer.start().catch(() => setTimeout(() => this.#start(), AGAIN_MS).unref())
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
