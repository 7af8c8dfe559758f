import { type Database, openDatabase, schemaVersion } from './open.ts'

/** What a pool says about itself. */
export interface PoolState {
  ok: boolean
  connections: number
  roundTripMs: number
  schema: number
  needed: number
  error?: string
}

/** A request waits this long for a writer; longer would hold up every other request of the process. */
const BUSY_TIMEOUT_MS = 1_000

/**
 * The connections of a process to its database. node:sqlite answers synchronously, so one serves every request. It is
 * opened on first use and again after a failure: a database that comes late or comes back needs no restart.
 */
export class DatabasePool {
  readonly #file: string
  readonly #needed: number
  readonly #stores = new Map<unknown, unknown>()
  #database: Database | undefined

  /** @param needed the schema version that the code needs; one newer is as good (expand, then contract) */
  constructor(file: string, needed: number) {
    this.#file = file
    this.#needed = needed
  }

  get connections(): number {
    return this.#database === undefined ? 0 : 1
  }

  /** A store on the connection, made once for each connection, because its statements belong to that. */
  store<Store>(create: (database: Database) => Store): Store {
    const database = this.#open()
    const known = this.#stores.get(create)
    if (known !== undefined) return known as Store
    const store = create(database)
    this.#stores.set(create, store)
    return store
  }

  /** Makes a round trip, and compares the schema with the one that is needed. */
  check(): PoolState {
    const needed = this.#needed
    const started = performance.now()
    try {
      const schema = schemaVersion(this.#open())
      const roundTripMs = Math.round((performance.now() - started) * 1000) / 1000
      const ok = schema === needed || schema === needed + 1
      const state = { ok, connections: this.connections, roundTripMs, schema, needed }
      return ok ? state : { ...state, error: `the schema is at ${schema}, this release needs ${needed}` }
    } catch (error) {
      this.close()
      const message = error instanceof Error ? error.message : String(error)
      return { ok: false, connections: 0, roundTripMs: 0, schema: 0, needed, error: message }
    }
  }

  close(): void {
    this.#stores.clear()
    this.#database?.close()
    this.#database = undefined
  }

  #open(): Database {
    this.#database ??= openDatabase(this.#file, BUSY_TIMEOUT_MS)
    return this.#database
  }
}
