import { runDatabaseProcess } from './run-command.ts'

await runDatabaseProcess()
