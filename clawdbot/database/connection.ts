/** A value of a row or of a statement. */
export type SqlValue = string | number | null

/**
 * A database as the stores use it, the same for both kinds. Statements have `?` for their values, and name every column;
 * what only one kind understands does not belong in a store.
 */
export interface Sql {
  readonly kind: 'sqlite' | 'postgres'
  all: <Row>(sql: string, values?: readonly SqlValue[]) => Promise<Row[]>
  /** @returns how many rows were changed */
  run: (sql: string, values?: readonly SqlValue[]) => Promise<number>
}

/** An open database. */
export interface Connection {
  readonly sql: Sql
  /** Open connections to it. */
  connections: () => number
  /**
   * Runs `work` in one transaction, all of it or nothing, while nobody else does. `script` runs several statements without
   * values. Others wait for it; when this process dies half-way, nothing happened.
   */
  exclusively: <T>(work: (sql: Sql, script: (text: string) => Promise<void>) => Promise<T>) => Promise<T>
  close: () => Promise<void>
}

/** True for errors of the database itself: locked, full, unreachable, or a schema that is not there. */
export function isDatabaseError(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as { code?: string; severity?: string }
  return (
    code === 'ERR_SQLITE_ERROR' ||
    (severity !== undefined && /^[0-9A-Z]{5}$/.test(code ?? '')) ||
    isAway(error)
  )
}

/** pg has no code for a connection that broke off or did not come about in time. */
const isAway = (error: unknown): boolean =>
  error instanceof Error &&
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered)/.test(
    error.message,
  )

/** The schema's version: the highest applied migration, 0 for an empty database. */
export async function schemaVersion(sql: Sql): Promise<number> {
  const [known] = await sql.all<{ n: number }>(LEDGER_IS_THERE[sql.kind])
  if (Number(known?.n) === 0) return 0
  const [row] = await sql.all<{ version: number }>(
    'SELECT coalesce(max(version), 0) AS version FROM schema_migrations',
  )
  return Number(row?.version)
}

const LEDGER_IS_THERE = {
  sqlite: "SELECT count(*) AS n FROM sqlite_schema WHERE name = 'schema_migrations'",
  postgres: "SELECT count(*) AS n FROM pg_class WHERE oid = to_regclass('schema_migrations')",
}
