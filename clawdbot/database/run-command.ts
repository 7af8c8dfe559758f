import { ConfigurationError } from '../runtime/configuration.ts'
import { type DatabaseCommands, runDatabaseCommand } from './command.ts'
import { MigrationRefused } from './migrate.ts'

/**
 * The command line as this process: one JSON document on stdout, complaints on stderr.
 * Exit codes: 0 good, 1 a check failed or the run was refused, 2 wrong use, 3 the database cannot be used.
 */
export async function runDatabaseProcess(commands?: DatabaseCommands): Promise<void> {
  try {
    const { output, good } = await runDatabaseCommand(process.argv.slice(2), process.env, commands)
    process.stdout.write(`${JSON.stringify(output)}\n`)
    process.exitCode = good ? 0 : 1
  } catch (error) {
    process.stderr.write(`database: ${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof ConfigurationError) process.exitCode = 2
    else process.exitCode = error instanceof MigrationRefused ? 1 : 3
  }
}
