import { Gauge, type Registry } from 'prom-client'
import type { DatabasePool } from '../database/pool.ts'

/** Registers the pool's gauges: its connections, the schema, and a round trip measured at each scrape. */
export function reportDatabase(pool: DatabasePool, registry: Registry): void {
  const registers = [registry]
  const connections = new Gauge({
    name: 'database_pool_connections',
    help: 'Open connections to the database',
    registers,
  })
  const schema = new Gauge({ name: 'database_schema_version', help: 'Version of the schema', registers })
  new Gauge({
    name: 'database_round_trip_seconds',
    help: 'A query measured at this scrape; NaN when the database does not answer',
    registers,
    async collect() {
      const state = await pool.check()
      connections.set(state.connections)
      schema.set(state.schema)
      this.set(state.connections > 0 ? state.roundTripMs / 1000 : Number.NaN)
    },
  })
}
