import type { SQLInputValue, StatementSync } from 'node:sqlite'
import type { Database } from './open.ts'

type Values = readonly SQLInputValue[] | readonly [Record<string, SQLInputValue>]

/** A statement that is compiled at its first use, so that a process can start before its schema is there. */
export interface Statement {
  run: (...values: Values) => { changes: number | bigint }
  get: (...values: Values) => unknown
  all: (...values: Values) => unknown[]
}

/** @throws ERR_SQLITE_ERROR on use, when the schema lacks what `sql` names or the database cannot answer */
export function statement(database: Database, sql: string): Statement {
  let compiled: StatementSync | undefined
  const compile = () => (compiled ??= database.prepare(sql))
  return {
    run: (...values) => compile().run(...(values as SQLInputValue[])),
    get: (...values) => compile().get(...(values as SQLInputValue[])),
    all: (...values) => compile().all(...(values as SQLInputValue[])),
  }
}

/** True for errors of the database itself: locked, full, unreadable, or a schema that is not there. */
export function isDatabaseError(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === 'ERR_SQLITE_ERROR'
}
