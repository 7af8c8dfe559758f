import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Backend } from './router.ts'

/** A client that leaves sooner than this without an answer changed its mind; later, it was not answered: an error. */
const UNANSWERED_AFTER_MS = 2000

/** One request on its way: which instance has it, and how it ends. Counted exactly once. */
export class Exchange {
  backend: Backend
  readonly tried: Backend[] = []
  #head: IncomingMessage | null = null
  #headAtMs = 0
  #isSettled = false
  readonly #startedAtMs = performance.now()

  constructor(backend: Backend) {
    this.backend = backend
    backend.inFlight++
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Hands the request to another instance; the first counts nothing of it. */
  moveTo(backend: Backend): void {
    this.tried.push(this.backend)
    this.backend.inFlight--
    this.backend = backend
    backend.inFlight++
  }

  /** The instance began to answer. */
  headCame(head: IncomingMessage): void {
    this.#head = head
    this.#headAtMs = performance.now()
  }

  /** The proxy had to answer in the instance's place. */
  failed(): void {
    this.#settle(true, performance.now())
  }

  /** The client's side is closed: the answer went out whole, broke off, or was not waited for. */
  closed(res: ServerResponse): void {
    const now = performance.now()
    const head = this.#head
    if (!head) {
      this.#settle(now - this.#startedAtMs >= UNANSWERED_AFTER_MS, now)
      return
    }
    const brokeOff = !res.writableFinished && !head.complete && (head.destroyed || head.errored !== null)
    this.#settle(brokeOff || (head.statusCode ?? 502) >= 500, isEventStream(head) ? this.#headAtMs : now)
  }

  #settle(isError: boolean, endedAtMs: number): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.backend.inFlight--
    this.backend.counter.add(endedAtMs - this.#startedAtMs, isError)
  }
}

/** How long a client listens to events says nothing about how fast the instance is. */
const isEventStream = (head: IncomingMessage): boolean =>
  head.headers['content-type']?.startsWith('text/event-stream') ?? false
