import type { InstanceSample } from '#core/sample.ts'
import { Counter } from './counter.ts'
import { WeightedChoice } from './weighted-choice.ts'

/** Counters of an ended instance stay listed this long: a dying instance takes no evidence with it. */
const KEPT_AFTER_END_MS = 15 * 60_000

/** One instance as the proxy sees it. */
export type Backend = {
  readonly version: string
  readonly instance: string
  readonly host: string
  readonly port: number
  readonly counter: Counter
  ready: boolean
  draining: boolean
  /** Requests and upgraded connections under way. */
  inFlight: number
  endedAtMs: number | null
}

type Arm = { backends: Backend[]; cursor: number; lastRequestAtMs: number | null }

/** Which instance gets the next request. Synchronous throughout: a change holds for the very next request. */
export class Router {
  readonly #arms = new Map<string, Arm>()
  readonly #choice = new WeightedChoice()
  #ended: Backend[] = []
  #weights: Readonly<Record<string, number>> = {}

  get weights(): Readonly<Record<string, number>> {
    return this.#weights
  }

  setWeights(weights: Readonly<Record<string, number>>): void {
    this.#weights = { ...weights }
    this.#choice.set(weights)
  }

  add(backend: Pick<Backend, 'version' | 'instance' | 'host' | 'port'>): Backend {
    const added = {
      ...backend,
      counter: new Counter(),
      ready: false,
      draining: false,
      inFlight: 0,
      endedAtMs: null,
    }
    this.#arm(backend.version).backends.push(added)
    return added
  }

  /** Takes an instance out for good; its counters stay listed for a while. */
  remove(backend: Backend): void {
    const arm = this.#arm(backend.version)
    arm.backends = arm.backends.filter((b) => b !== backend)
    backend.endedAtMs = Date.now()
    this.#ended.push(backend)
  }

  /** The instance of the next request, or null when no version has weight. Counts as routed. */
  pick(): Backend | null {
    const version = this.#choice.next()
    if (version === null) return null
    const arm = this.#arm(version)
    arm.lastRequestAtMs = Date.now()
    return this.#turn(arm, []) ?? this.#nobody(version)
  }

  /** Another ready instance of the same version for a request that never reached the first. */
  sibling(version: string, tried: readonly Backend[]): Backend | null {
    const next = this.#turn(this.#arm(version), tried)
    return next?.ready ? next : null
  }

  readyCount(version: string): number {
    return this.#arms.get(version)?.backends.filter((b) => b.ready && !b.draining).length ?? 0
  }

  inFlight(version: string): number {
    const arm = this.#arms.get(version)
    return arm ? arm.backends.reduce((sum, b) => sum + b.inFlight, 0) : 0
  }

  /** Epoch ms of the last request that was routed to the version; null when none was. */
  lastRequestAt(version: string): number | null {
    return this.#arms.get(version)?.lastRequestAtMs ?? null
  }

  /** Everything counted, at one moment: nothing can change while this runs. */
  samples(): InstanceSample[] {
    const oldest = Date.now() - KEPT_AFTER_END_MS
    this.#ended = this.#ended.filter((b) => (b.endedAtMs ?? 0) >= oldest)
    return [...this.#arms.values()]
      .flatMap((arm) => arm.backends)
      .concat(this.#ended)
      .map(({ version, instance, counter }) => ({
        version,
        instance,
        requests: counter.requests,
        errors: counter.errors,
        buckets: counter.buckets(),
      }))
  }

  #arm(version: string): Arm {
    const arm = this.#arms.get(version) ?? { backends: [], cursor: 0, lastRequestAtMs: null }
    this.#arms.set(version, arm)
    return arm
  }

  /** Round robin over the ready ones. With none ready, the others are tried: the failure must be seen, and counted. */
  #turn(arm: Arm, tried: readonly Backend[]): Backend | null {
    const open = arm.backends.filter((b) => !tried.includes(b))
    const ready = open.filter((b) => b.ready && !b.draining)
    const list = ready.length > 0 ? ready : open
    arm.cursor = (arm.cursor + 1) % Math.max(1, list.length)
    return list[arm.cursor] ?? null
  }

  /** Stands for a version that has weight and no instance at all, so that its lost requests are counted. */
  #nobody(version: string): Backend {
    const instance = `${version}/none`
    const known = this.#ended.find((b) => b.instance === instance)
    if (known) {
      known.endedAtMs = Date.now()
      return known
    }
    const nobody = this.add({ version, instance, host: '', port: 0 })
    this.remove(nobody)
    return nobody
  }
}
