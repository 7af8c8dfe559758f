import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesListObject, KubernetesObject, ListWatch, Watch } from '@kubernetes/client-node'
import { client } from '#connectors/kubernetes/client.ts'
import {
  AUTOSCALING,
  type Autoscaler,
  askedToWaitMs,
  type ClusterApi,
  type Controller,
  type Pod,
  statusOf,
} from './cluster-api.ts'
import type { RouteRef } from './config.ts'
import { CONTROLLERS } from './controllers.ts'
import { LABELS } from './render.ts'
import { ROUTE_API, type Route } from './route.ts'
import type { PublicService } from './selected-pods.ts'

const AGAIN_MS = 500
/** An API that has just been started refuses what it will grant a moment later. */
const REFUSED_AFTER_MS = 5000
const PATHS = {
  v1: '/api/v1',
  'apps/v1': '/apis/apps/v1',
  [AUTOSCALING]: `/apis/${AUTOSCALING}`,
  [ROUTE_API]: `/apis/${ROUTE_API}`,
} as const

/**
 * The namespace as the API told of it last, without asking again: the pods of the set, and every Deployment, StatefulSet,
 * Service, autoscaler and route of the kinds that are used. A watch that breaks is begun anew; meanwhile nothing is known.
 */
export class Watches {
  readonly #watches: readonly Watched<KubernetesObject>[]
  readonly #pods: Watched<Pod>
  readonly #controllers: readonly Watched<Controller>[]
  readonly #autoscalers: Watched<Autoscaler>
  readonly #services: Watched<PublicService>
  readonly #of: string
  readonly #routes = new Map<string, Watched<Route>>()
  #waiting: (() => void)[] = []

  constructor(api: ClusterApi, of: string, routes: readonly RouteRef[]) {
    const selector = `${LABELS.of}=${of}`
    const tell = () => this.#tell()
    this.#of = of
    this.#pods = new Watched(api, 'v1', 'Pod', selector, tell)
    // What was there before gonogo has labels of its own, and so has an autoscaler, its owner's.
    this.#services = new Watched(api, 'v1', 'Service', '', tell)
    this.#controllers = CONTROLLERS.map((kind) => new Watched(api, 'apps/v1', kind, '', tell))
    this.#autoscalers = new Watched(api, AUTOSCALING, 'HorizontalPodAutoscaler', '', tell)
    for (const { kind } of routes)
      if (!this.#routes.has(kind)) this.#routes.set(kind, new Watched(api, ROUTE_API, kind, '', tell))
    this.#watches = [
      this.#pods,
      ...this.#controllers,
      this.#autoscalers,
      this.#services,
      ...this.#routes.values(),
    ]
  }

  /** Whether every watch is connected: what it told last is what there is. */
  get isCurrent(): boolean {
    return this.#watches.every((one) => one.isCurrent)
  }

  /** What this identity may not watch, in words: it will not become current by itself. Null where nothing is refused. */
  get refused(): string | null {
    const kinds = this.#watches.filter((one) => one.isRefused).map(({ kind }) => kind)
    return kinds.length === 0
      ? null
      : `nothing is noticed: gonogo may not watch ${kinds.join(', ')} here; see: gonogo doctor --kubernetes`
  }

  pods = (): readonly Pod[] => this.#pods.list()
  controllers = (): readonly Controller[] =>
    this.#controllers.flatMap(({ kind, list }) => list().map((one) => ({ ...one, kind })))
  autoscalers = (): readonly Autoscaler[] => this.#autoscalers.list()
  service = (): PublicService | undefined =>
    this.#services.list().find(({ metadata }) => metadata?.name === this.#of)
  route = ({ kind, name }: RouteRef): Route | undefined =>
    this.#routes
      .get(kind)
      ?.list()
      .find((one) => one.metadata?.name === name)

  /** Settles with the next change of anything. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#watches.map((one) => one.close()))
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

class Watched<T extends KubernetesObject> {
  readonly #list: ListWatch<T>
  #isClosed = false
  #isBroken = false
  isCurrent = false
  #refusedSince: number | null = null
  readonly kind: string

  constructor(
    api: ClusterApi,
    apiVersion: keyof typeof PATHS,
    kind: string,
    selector: string,
    tell: () => void,
  ) {
    this.kind = kind
    const path = `${PATHS[apiVersion]}/namespaces/${api.namespace}/${kind.toLowerCase()}s`
    const list = async (): Promise<KubernetesListObject<T>> => {
      // Also in the middle, when the API has forgotten what a watch would go on from (410): until all is read again, and
      // watched, what was told last may be long past.
      this.isCurrent = false
      return api.listOnce<T>(apiVersion, kind, selector)
    }
    const { ListWatch } = client()
    const delayFn = (ms: number) => wait(Math.min(ms, AGAIN_MS))
    this.#list = new ListWatch<T>(path, this.#watch(api), list, false, selector || undefined, undefined, {
      delayFn,
    })
    for (const verb of ['add', 'update', 'delete'] as const) this.#list.on(verb, tell)
    this.#list.on('error', (error) => this.#again(error))
    void this.#start()
  }

  get isRefused(): boolean {
    return this.#refusedSince !== null && performance.now() - this.#refusedSince > REFUSED_AFTER_MS
  }

  list = (): readonly T[] => this.#list.list()

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#list.stop()
  }

  /** Knows whether it is connected; one that is begun again where it ended has missed nothing. */
  #watch(api: ClusterApi): Watch {
    const { Watch } = client()
    const watch = new Watch(api.config)
    const begin = watch.watch.bind(watch)
    watch.watch = async (path, query, told, done) => {
      let hasEnded = false
      const end = (error: unknown) => {
        hasEnded = true
        done(error)
      }
      const request = await begin(path, query, told, end).catch((error: unknown) => {
        // Without credentials it never began, and the library has nobody who would hear of that. As an error of its own: one
        // that timed out would be begun again at once, for ever.
        end(new Error('the watch could not begin', { cause: error }))
        return new AbortController()
      })
      // Begun just before it was closed, it would keep the process until it times out.
      if (this.#isClosed) request.abort()
      else if (!hasEnded) {
        this.isCurrent = true
        this.#refusedSince = null
      }
      return request
    }
    return watch
  }

  async #start(): Promise<void> {
    if (this.#isClosed) return
    this.#isBroken = false
    await this.#list.start().catch((error) => this.#again(error))
  }

  #again(error: unknown): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.isCurrent = false
    this.#refusedSince = isForbidden(error) ? (this.#refusedSince ?? performance.now()) : null
    setTimeout(() => this.#start(), Math.max(AGAIN_MS, askedToWaitMs(error) ?? 0)).unref()
  }
}

/** A list says so as every answer does, a watch by an error of its own. */
const isForbidden = (error: unknown): boolean =>
  statusOf(error) === 403 || (error as { statusCode?: number } | null)?.statusCode === 403
