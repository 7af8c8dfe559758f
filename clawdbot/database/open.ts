import type { Connection } from './connection.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

export const isPostgres = (place: string): boolean => /^postgres(ql)?:\/\//.test(place)

/** Opens a file (SQLite) or a `postgres://…` address. A server is only connected to when it is first asked. */
export const openDatabase = (place: string, waitMs = 5_000): Connection =>
  isPostgres(place) ? openPostgres(place, waitMs) : openSqlite(place, waitMs)
