import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigurationError } from '../runtime/configuration.ts'
import { checkIntegrity } from './integrity.ts'
import { migrateDown, migrateUp, migrationStatus } from './migrate.ts'
import { loadMigrations, type Migration } from './migrations.ts'
import { type Database, openDatabase } from './open.ts'

/** What the command line runs; a planted fault replaces one of them. */
export interface DatabaseCommands {
  up: (database: Database, migrations: readonly Migration[], to?: number) => object
  down: (database: Database, migrations: readonly Migration[], to?: number) => object
}

const USAGE = 'usage: database up|down|status|check [--database FILE] [--to N]'

/**
 * One command on one database file (--database, else DATABASE_FILE).
 * @returns the JSON for stdout, and whether it is good news
 * @throws ConfigurationError (wrong use), MigrationRefused, ERR_SQLITE_ERROR
 */
export async function runDatabaseCommand(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  commands: DatabaseCommands = { up: migrateUp, down: migrateDown },
): Promise<{ output: object; good: boolean }> {
  const { command, file, to } = readArguments(args, environment)
  if (command !== 'up' && !existsSync(file)) throw new ConfigurationError(`there is no database file ${file}`)
  const migrations = await loadMigrations()
  const database = openDatabase(file)
  try {
    if (command === 'up' || command === 'down')
      return { output: commands[command](database, migrations, to), good: true }
    if (command === 'status') return { output: migrationStatus(database, migrations), good: true }
    const checks = checkIntegrity(database)
    return { output: { checks }, good: checks.every(({ ok }) => ok) }
  } finally {
    database.close()
  }
}

function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv) {
  const options = { database: { type: 'string' }, to: { type: 'string' } } as const
  const { values, positionals } = parseOrRefuse(() =>
    parseArgs({ args: [...args], options, allowPositionals: true, strict: true }),
  )
  const [command, ...rest] = positionals
  if (rest.length > 0 || !isCommand(command)) throw new ConfigurationError(USAGE)
  const file = values.database ?? environment.DATABASE_FILE
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
