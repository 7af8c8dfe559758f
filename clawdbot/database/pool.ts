import { type Connection, type Sql, schemaVersion } from './connection.ts'
import { openDatabase } from './open.ts'

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
 * The database of a process: one connection to a SQLite file, which answers at once, or several to PostgreSQL. It is
 * opened on first use and again after a failure: a database that comes late or comes back needs no restart.
 */
export class DatabasePool {
  readonly #place: string
  readonly #needed: number
  readonly #stores = new Map<unknown, unknown>()
  #connection: Connection | undefined

  /**
   * @param place a file, or `postgres://…`
   * @param needed the schema version that the code needs; one newer is as good (expand, then contract)
   */
  constructor(place: string, needed: number) {
    this.#place = place
    this.#needed = needed
  }

  get connections(): number {
    return this.#connection?.connections() ?? 0
  }

  /** A store on the connection, made once for each connection. */
  store<Store>(create: (sql: Sql) => Store): Store {
    const { sql } = this.#open()
    const known = this.#stores.get(create)
    if (known !== undefined) return known as Store
    const store = create(sql)
    this.#stores.set(create, store)
    return store
  }

  /** Makes a round trip, and compares the schema with the one that is needed. */
  async check(): Promise<PoolState> {
    const needed = this.#needed
    const started = performance.now()
    try {
      const schema = await schemaVersion(this.#open().sql)
      const roundTripMs = Math.round((performance.now() - started) * 1000) / 1000
      const ok = schema === needed || schema === needed + 1
      const state = { ok, connections: this.connections, roundTripMs, schema, needed }
      return ok ? state : { ...state, error: `the schema is at ${schema}, this release needs ${needed}` }
    } catch (error) {
      await this.close()
      const message = error instanceof Error ? error.message || error.name : String(error)
      return { ok: false, connections: 0, roundTripMs: 0, schema: 0, needed, error: message }
    }
  }

  async close(): Promise<void> {
    this.#stores.clear()
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }

  #open(): Connection {
    this.#connection ??= openDatabase(this.#place, BUSY_TIMEOUT_MS)
    return this.#connection
  }
}
