import { rollbackReason } from '#core/decide/rollback-reason.ts'
import type { DeploymentEvent, Recorded } from '#core/events.ts'
import { fold, foldAll } from '#core/fold.ts'
import { wellFormed } from '#core/json.ts'
import type { LogRecord } from '#core/record.ts'
import type { DeploymentState } from '#core/state.ts'
import { type Store, StoreProblem } from '#store/store.ts'
import type { Clock } from './clock.ts'
import { refuseForged } from './signed-records.ts'

/** Raised when a newer engine has taken this deployment over: stop at once, change nothing more. */
export class Deposed extends Error {
  override readonly name = 'Deposed'
}

export const toRecorded = (record: LogRecord): Recorded => ({
  seq: record.seq,
  at: record.at,
  event: { type: record.type, ...(record.data as object) } as DeploymentEvent,
})

/** A deployment's state as its log tells it; null when there is no such stream. */
export function readState(store: Store, id: string): DeploymentState | null {
  const events = store.read(id, 0).map(toRecorded)
  return events.length > 0 ? foldAll(id, events) : null
}

/** How often an outcome that must be recorded is tried again after somebody else appended first. */
const MAX_CONFLICTS = 100

/**
 * The engine's view of one stream: the state, and the only way to add to it. While storage is lost and the deployment is
 * going back, it remembers what it would have written and writes it later.
 */
export class Journal {
  state: DeploymentState
  readonly #store: Store
  readonly #clock: Clock
  readonly #epoch: number
  #persistedSeq: number
  #persisted: DeploymentState
  readonly #signatures = new Set<string>()
  #remembered: { at: number; event: DeploymentEvent }[] = []

  readonly #onEvent: (recorded: Recorded, state: DeploymentState) => void

  constructor(
    store: Store,
    clock: Clock,
    id: string,
    epoch: number,
    onEvent: (recorded: Recorded, state: DeploymentState) => void = () => {},
  ) {
    const state = readState(store, id)
    if (!state) throw new Error(`no deployment ${id} in the log`)
    refuseForged(id, state.opened, store.read(id, 0).map(toRecorded), this.#signatures)
    this.#store = store
    this.#clock = clock
    this.#epoch = epoch
    this.#onEvent = onEvent
    this.state = state
    this.#persisted = state
    this.#persistedSeq = state.seq
  }

  get unrecorded(): number {
    return this.#remembered.length
  }

  /** Takes in what others appended. */
  refresh(): void {
    const fresh = this.#store.read(this.state.id, this.#persistedSeq).map(toRecorded)
    refuseForged(this.state.id, this.state.opened, fresh, this.#signatures)
    if (fresh.length > 0) this.#adopt(fresh)
  }

  /** A decision: only valid on the state it was made on. False when somebody appended in between: decide again. */
  decide(event: DeploymentEvent): boolean {
    if (this.#remembered.length > 0 && !this.flush()) return this.#remember(event)
    try {
      return this.#append(event)
    } catch (error) {
      if (!(error instanceof StoreProblem) || !this.#isGoingBack(event)) throw error
      return this.#remember(event)
    }
  }

  /** An outcome: it happened, so it is recorded whatever else was. */
  outcome(happened: DeploymentEvent): void {
    // Whatever a log, a command or a service said is in here, cut to a length.
    const event = wellFormed(happened)
    for (let i = 0; i < MAX_CONFLICTS; i++) {
      if (this.decide(event)) return
      this.refresh()
    }
    throw new Error(`could not record ${event.type} after ${MAX_CONFLICTS} conflicts`)
  }

  /** Writes what was only remembered. False while storage is still lost. */
  flush(): boolean {
    try {
      this.refresh()
      while (this.#remembered.length > 0) {
        const next = this.#remembered[0]
        if (!next) break
        const result = this.#write(next.at, next.event)
        if (!result) this.refresh()
        else this.#remembered.shift()
      }
      this.state = this.#persisted
      return true
    } catch (error) {
      if (error instanceof StoreProblem) return false
      throw error
    }
  }

  #append(event: DeploymentEvent): boolean {
    const written = this.#write(this.#clock.now(), event)
    if (written) this.state = this.#persisted
    return written
  }

  #write(at: number, event: DeploymentEvent): boolean {
    const { type, ...data } = event
    const result = this.#store.append(this.state.id, this.#persistedSeq, this.#epoch, [{ at, type, data }])
    if (result.ok) {
      const isNew = this.#remembered[0]?.event !== event
      this.#persist(result.records.map(toRecorded))
      if (isNew) this.#tell(result.records.map(toRecorded), this.#persisted)
      return true
    }
    if (result.code === 'deposed')
      throw new Deposed(`another engine (epoch ${result.epoch}) runs ${this.state.id} now`)
    return false
  }

  #persist(records: readonly Recorded[]): void {
    this.#persisted = records.reduce(fold, this.#persisted)
    this.#persistedSeq = this.#persisted.seq
  }

  #adopt(fresh: readonly Recorded[]): void {
    this.#persist(fresh)
    const pending = this.#remembered.map(({ at, event }, i) => ({
      seq: this.#persistedSeq + 1 + i,
      at,
      event,
    }))
    this.state = pending.reduce(fold, this.#persisted)
    this.#tell(fresh, this.state)
  }

  #tell(records: readonly Recorded[], state: DeploymentState): void {
    for (const recorded of records) this.#onEvent(recorded, state)
  }

  /** Only the safe way goes on without a log: everything that is a reason for it, and everything after it. */
  #isGoingBack(event: DeploymentEvent): boolean {
    if (this.state.rollback !== null || event.type === 'rollbackDecided') return true
    const at = this.#clock.now()
    return rollbackReason(fold(this.state, { seq: this.state.seq + 1, at, event }), at) !== null
  }

  #remember(event: DeploymentEvent): boolean {
    const at = this.#clock.now()
    this.#remembered.push({ at, event })
    const recorded = { seq: this.state.seq + 1, at, event }
    this.state = fold(this.state, recorded)
    this.#tell([recorded], this.state)
    return true
  }
}
