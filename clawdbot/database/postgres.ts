import pg from 'pg'
import type { Connection, Sql } from './connection.ts'

const MOST_CONNECTIONS = 8
const STATEMENT_MS = 5_000
/** Any number that nobody else locks with: it stands for the migrations of this schema. */
const MIGRATION_LOCK = 7_331_012

/** A pool of connections to `postgres://user:password@host:port/database`; `waitMs` is the longest wait for one. */
export function openPostgres(url: string, waitMs: number): Connection {
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: waitMs,
    statement_timeout: STATEMENT_MS,
    application_name: 'clawdbot',
  })
  // A connection that breaks while it is idle is replaced at the next use; without this the process would end.
  pool.on('error', () => undefined)
  return {
    sql: sqlOf(pool),
    connections: () => pool.totalCount,
    exclusively: async (work) => {
      const client = await pool.connect()
      let broken: Error | undefined
      try {
        await client.query('BEGIN; SET LOCAL statement_timeout = 0')
        await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`)
        const done = await work(sqlOf(client), async (text) => void (await client.query(text)))
        await client.query('COMMIT')
        return done
      } catch (error) {
        await client.query('ROLLBACK').catch((failed: Error) => {
          broken = failed
        })
        throw error
      } finally {
        client.release(broken)
      }
    },
    close: () => pool.end(),
  }
}

type Queryable = {
  query: (text: string, values: unknown[]) => Promise<{ rows: unknown[]; rowCount: number | null }>
}

function sqlOf(database: Queryable): Sql {
  return {
    kind: 'postgres',
    all: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await database.query(numbered(text), [...values])).rows as Row[],
    run: async (text, values = []) => (await database.query(numbered(text), [...values])).rowCount ?? 0,
  }
}

const known = new Map<string, string>()

/** PostgreSQL numbers its values: `?` becomes `$1`, `$2`, … No statement of ours has a `?` in a literal. */
function numbered(text: string): string {
  const before = known.get(text)
  if (before !== undefined) return before
  let n = 0
  const made = text.replace(/\?/g, () => `$${++n}`)
  known.set(text, made)
  return made
}
