import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigurationError } from '../runtime/configuration.ts'
import type { Connection } from './connection.ts'
import { checkIntegrity } from './integrity.ts'
import { migrateDown, migrateUp, migrationStatus } from './migrate.ts'
import { type Migration, migrationsFor } from './migrations.ts'
import { isPostgres, openDatabase } from './open.ts'

/** What the command line runs; a planted fault replaces one of them. */
export interface DatabaseCommands {
  up: (connection: Connection, migrations: readonly Migration[], to?: number) => Promise<object>
  down: (connection: Connection, migrations: readonly Migration[], to?: number) => Promise<object>
}

const USAGE = 'usage: database up|down|status|check [--database FILE|postgres://…] [--to N]'

/**
 * One command on one database (--database, else DATABASE_URL, else DATABASE_FILE).
 * @returns the JSON for stdout, and whether it is good news
 * @throws ConfigurationError (wrong use), MigrationRefused, the database's error
 */
export async function runDatabaseCommand(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  commands: DatabaseCommands = { up: migrateUp, down: migrateDown },
): Promise<{ output: object; good: boolean }> {
  const { command, file, to } = readArguments(args, environment)
  if (command !== 'up' && !isPostgres(file) && !existsSync(file))
    throw new ConfigurationError(`there is no database file ${file}`)
  const connection = openDatabase(file)
  const migrations = await migrationsFor(connection.sql.kind)
  try {
    if (command === 'up' || command === 'down')
      return { output: await commands[command](connection, migrations, to), good: true }
    if (command === 'status') return { output: await migrationStatus(connection, migrations), good: true }
    const checks = await checkIntegrity(connection.sql)
    return { output: { checks }, good: checks.every(({ ok }) => ok) }
  } finally {
    await connection.close()
  }
}

function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv) {
  const options = { database: { type: 'string' }, to: { type: 'string' } } as const
  const { values, positionals } = parseOrRefuse(() =>
    parseArgs({ args: [...args], options, allowPositionals: true, strict: true }),
  )
  const [command, ...rest] = positionals
  if (rest.length > 0 || !isCommand(command)) throw new ConfigurationError(USAGE)
  const file = values.database ?? (environment.DATABASE_URL || environment.DATABASE_FILE)
  if (!file) throw new ConfigurationError(`no database given; ${USAGE}`)
  if (values.to !== undefined && !/^\d{1,3}$/.test(values.to))
    throw new ConfigurationError(`--to takes a number; ${USAGE}`)
  return { command, file, to: values.to === undefined ? undefined : Number(values.to) }
}

function isCommand(word: string | undefined): word is 'up' | 'down' | 'status' | 'check' {
  return word !== undefined && ['up', 'down', 'status', 'check'].includes(word)
}

function parseOrRefuse<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new ConfigurationError(`${(error as Error).message}; ${USAGE}`)
  }
}
