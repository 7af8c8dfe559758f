import { resolve } from 'node:path'
import { runCommand } from '#connectors/command/index.ts'
import { migrationCommand } from '#core/migration-command.ts'
import type { Database } from '#core/service.ts'
import type { Target } from './target.ts'

const LIMIT_MS = 30 * 60_000
const DETAIL_LENGTH = 300

/** The service file's own command, on this machine; run again it finds nothing to do. */
export const migrateByCommand =
  (database: Database | undefined, root: string): Target['migrate'] =>
  async ({ workload, direction, to }) => {
    if (!database)
      return {
        ok: false,
        code: 'no-database',
        detail: 'the release has migrations but the environment declares no database',
      }
    const command = migrationCommand(database, direction, resolve(root, database.file), to)
    const result = await runCommand(command, { cwd: resolve(root, workload.artifact), limitMs: LIMIT_MS })
    const said = (result.ok ? result.stdout : result.stderr).trim().split('\n').at(-1) ?? ''
    const detail = `${command.slice(1).join(' ')}: ${said.slice(0, DETAIL_LENGTH)}`
    return result.ok ? { ok: true, detail } : { ok: false, code: 'migration-failed', detail }
  }
