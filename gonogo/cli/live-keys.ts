import { emitKeypressEvents, type Key } from 'node:readline'
import type { Action } from '#core/statement.ts'
import { Refusal } from '#engine/exit-codes.ts'
import { readState } from '#engine/journal.ts'
import { type Author, decideBy } from '#engine/people-events.ts'
import type { Store } from '#store/store.ts'
import type { LiveView } from './live-view.ts'
import { isPlainTerminal } from './output.ts'

const CONFIRM_MS = 10_000

/**
 * The keys of the live view: p pauses and resumes, r asks once and rolls back on y, q leaves the deployment going on.
 * They are there only where a person can press one. Pausing and rolling back are signed by who started the view.
 */
export class LiveKeys {
  readonly #store: Store
  readonly #view: LiveView
  readonly #author: Author | null
  readonly #detach = new AbortController()
  #deployment = ''
  #asksUntilMs = 0
  #isListening = false

  constructor(store: Store, view: LiveView, author: Author | null) {
    this.#store = store
    this.#view = view
    this.#author = author
  }

  /** Aborted when q was pressed. */
  get detached(): AbortSignal {
    return this.#detach.signal
  }

  listen(deployment: string): void {
    if (!process.stdin.isTTY || isPlainTerminal()) return
    this.#deployment = deployment
    this.#isListening = true
    emitKeypressEvents(process.stdin)
    process.stdin.setRawMode(true)
    process.stdin.on('keypress', this.#pressed)
    process.stdin.resume()
    this.#view.hint = () => this.#hint()
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#isListening) return
    this.#isListening = false
    process.stdin.off('keypress', this.#pressed)
    process.stdin.setRawMode(false)
    process.stdin.pause()
  }

  #hint(): string {
    if (this.#isAsking()) return 'roll back now?  y roll back · any other key goes on'
    return 'p pause/resume · r roll back (asks) · q detach (deployment continues)'
  }

  #isAsking(): boolean {
    return Date.now() < this.#asksUntilMs
  }

  #pressed = (_text: string | undefined, key: Key): void => {
    // A terminal in raw mode sends no signal itself.
    if (key.ctrl && key.name === 'c') {
      process.kill(process.pid, 'SIGINT')
      return
    }
    const wasAsked = this.#isAsking()
    this.#asksUntilMs = 0
    if (wasAsked) {
      if (key.name === 'y') void this.#decide('rollback')
      return
    }
    if (key.name === 'q') this.#detach.abort()
    if (key.name === 'r' && this.#maySign()) this.#asksUntilMs = Date.now() + CONFIRM_MS
    if (key.name === 'p' && this.#maySign())
      void this.#decide(readState(this.#store, this.#deployment)?.paused ? 'resume' : 'pause')
  }

  #maySign(): boolean {
    if (!this.#author)
      this.#view.trouble(
        'who pauses or rolls back signs it: start with --as YOU, or in another terminal: gonogo rollback --as YOU',
      )
    return this.#author !== null
  }

  async #decide(action: Action): Promise<void> {
    const author = this.#author
    if (!author) return
    try {
      const reason = `${action} by key in the live view`
      await decideBy(this.#store, this.#deployment, author, { action, reason }, Date.now())
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#view.trouble(error.message)
    }
  }
}
