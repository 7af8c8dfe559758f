import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { differenceOf, readContent, rowsIn, snapshot } from '#connectors/sqlite-database/index.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { commandsOn, databaseOf, type IntegrityCheck } from './database-commands.ts'

/** What a migration did to a copy of the database, up and down again. Problems are null where there was none. */
export type Trial = {
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly up: string | null
  /** What the declared checks found before, and after the way up. */
  readonly checksBefore: readonly IntegrityCheck[]
  readonly checksAfter: readonly IntegrityCheck[]
  /** What the way down did, and how the copy then differs from what it was. */
  readonly down: string | null
  readonly difference: string | null
  readonly durationMs: number
}

/**
 * Takes a snapshot of the environment's database and tries the release's migration on that copy: up, the declared checks,
 * down, compared with what it was. The database itself is only read. Throws a CheckProblem when the copy holds nothing, or
 * when the release names no schema version.
 */
export async function tryMigration(ctx: CheckContext): Promise<Trial> {
  const database = databaseOf(ctx.environment)
  const to = ctx.release.schemaVersion
  if (to === undefined)
    throw new CheckProblem(
      `the release names no schemaVersion; add it to releases/${ctx.release.version}.yaml`,
    )
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-migration-'))
  const copy = join(folder, 'copy.sqlite')
  const started = performance.now()
  try {
    const before = await snapshot(database.file, copy)
    if (rowsIn(before) === 0)
      throw new CheckProblem(`${database.file}: holds no row; a migration of nothing proves nothing`)
    const commands = commandsOn(ctx, database, copy)
    const from = await commands.version()
    const checksBefore = await commands.checks()
    const up = (await commands.migrate('up', to)) ?? reached(await commands.version(), to)
    const checksAfter = up === null ? await commands.checks() : []
    const down =
      up === null ? ((await commands.migrate('down', from)) ?? reached(await commands.version(), from)) : null
    const difference = up === null && down === null ? differenceOf(before, readContent(copy)) : null
    return {
      from,
      to,
      rows: rowsIn(before),
      up,
      checksBefore,
      checksAfter,
      down,
      difference,
      durationMs: performance.now() - started,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A command that says it went well and did nothing. */
const reached = (version: number, wanted: number): string | null =>
  version === wanted ? null : `the schema is at ${version} afterwards, not at ${wanted}`

/** The first declared check that fails, or finds something else than before; null when all hold. */
export function integrityProblem({ checksBefore, checksAfter }: Trial): string | null {
  const bad = checksAfter.find(({ ok }) => !ok)
  if (bad) return `${bad.name}: found ${bad.found}`
  for (const { name, found } of checksBefore) {
    const now = checksAfter.find((one) => one.name === name)
    if (!now) return `${name} is not checked any more`
    if (now.found !== found) return `${name}: found ${now.found}, before ${found}`
  }
  return null
}

export const wayOf = ({ from, to }: Trial): string =>
  from === to ? `schema ${to}, unchanged` : `schema ${from} to ${to}`
