import { resolve } from 'node:path'
import { z } from 'zod'
import { runCommand } from '#connectors/command/index.ts'
import { migrationCommand } from '#core/migration-command.ts'
import type { Database } from '#core/service.ts'
import { type CheckContext, CheckProblem, type EnvironmentAccess } from '../check.ts'

const LIMIT_MS = 120_000

const statusSchema = z.looseObject({ version: z.number().int().nonnegative() })
const declaredCheck = z.looseObject({
  name: z.string(),
  ok: z.boolean(),
  found: z.union([z.number(), z.string()]),
})
const checkSchema = z.looseObject({ checks: z.array(declaredCheck) })

export type IntegrityCheck = z.infer<typeof declaredCheck>

/** The database that an environment declares. Throws a CheckProblem with the line to add where it declares none. */
export function databaseOf(environment: EnvironmentAccess): Database {
  if (environment.database) return environment.database
  throw new CheckProblem(
    `environments.${environment.name}.database is not declared; add it to the service file`,
  )
}

/** The release's migration commands on one file. What they print must be JSON: `{version}` and `{checks: [{name, ok, found}]}`. */
export function commandsOn(ctx: CheckContext, database: Database, file: string) {
  const cwd = resolve(ctx.root, ctx.release.artifact)
  const run = (name: keyof Database['migrate'], to: number | null) =>
    runCommand(migrationCommand(database, name, file, to), { cwd, limitMs: LIMIT_MS })
  return {
    /** Null when it went well, else the first line of what it said. */
    migrate: async (direction: 'up' | 'down', to: number): Promise<string | null> => {
      const { ok, stderr } = await run(direction, to)
      return ok ? null : `migrate.${direction} failed: ${stderr.split('\n')[0] || 'it said nothing'}`
    },
    version: async (): Promise<number> => {
      const { stdout, stderr } = await run('status', null)
      const parsed = statusSchema.safeParse(asJson(stdout))
      if (!parsed.success)
        throw new CheckProblem(`migrate.status prints no {"version": N}: ${firstLine(stdout, stderr)}`)
      return parsed.data.version
    },
    /** Every declared integrity check, good or bad. Throws a CheckProblem when none is declared. */
    checks: async (): Promise<readonly IntegrityCheck[]> => {
      const { stdout, stderr } = await run('check', null)
      const parsed = checkSchema.safeParse(asJson(stdout))
      if (!parsed.success)
        throw new CheckProblem(`migrate.check prints no {"checks": […]}: ${firstLine(stdout, stderr)}`)
      return parsed.data.checks
    },
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const firstLine = (stdout: string, stderr: string): string =>
  (stderr || stdout || 'nothing').split('\n')[0]?.slice(0, 120) ?? ''
