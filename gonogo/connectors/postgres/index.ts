import pg from 'pg'
import { ReadingProblem } from '../reading-problem.ts'

const CONNECT_MS = 5000
const QUERY_MS = 10_000

export type PostgresRow = Readonly<Record<string, string | null>>

export type PostgresSession = {
  /** Where it is, without user and password: `127.0.0.1:5432`. */
  readonly place: string
  /** Rows with every value as PostgreSQL writes it. Throws a ReadingProblem with PostgreSQL's reason. */
  query(sql: string): Promise<readonly PostgresRow[]>
  close(): Promise<void>
}

/** A text as PostgreSQL reads it in a statement, quotes and all. */
export const literalOf = (text: string): string => pg.escapeLiteral(text)

/** Something answers there that is no PostgreSQL; `message` says where. */
export class NoPostgres extends Error {
  override readonly name = 'NoPostgres'
}

/**
 * Connects to `postgres://user:password@host:port/database`. Throws a ReadingProblem where nothing answers or the login is
 * refused, NoPostgres where something else does.
 */
export async function openPostgres(url: string): Promise<PostgresSession> {
  const place = placeOf(url)
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    application_name: 'gonogo',
    types: { getTypeParser: () => String },
  })
  // What breaks between two queries is told by the next one.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => undefined)
    throw problemOf(error, place)
  }
  return {
    place,
    query: async (sql) => {
      try {
        return (await client.query<Record<string, string | null>>(sql)).rows
      } catch (error) {
        throw problemOf(error, place)
      }
    },
    close: () => client.end().catch(() => undefined),
  }
}

function placeOf(url: string): string {
  if (!URL.canParse(url))
    throw new ReadingProblem(
      'wrong-format',
      'the database’s address',
      'is no postgres://user:password@host:port/database',
    )
  const { hostname, port } = new URL(url)
  return `${hostname}:${port || 5432}`
}

const NOBODY = /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|timeout|EAI_AGAIN/i

function problemOf(error: unknown, place: string): Error {
  const { code, message } = error as { code?: string; message: string }
  // A five-character code is PostgreSQL's own.
  if (/^[0-9A-Z]{5}$/.test(code ?? ''))
    return new ReadingProblem('unreachable', place, `PostgreSQL says ${code} ${message}`)
  if (NOBODY.test(`${code} ${message}`)) return new ReadingProblem('unreachable', place, code ?? message)
  return new NoPostgres(`${place} answers, but does not speak PostgreSQL: ${message}`)
}
