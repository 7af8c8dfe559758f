import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { literalOf, NoPostgres, openPostgres } from '#connectors/postgres/index.ts'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { freshValues, type Step, stepSchema, type Values, walk } from '../live/journey.ts'
import { readingEvidence } from '../reading.ts'

const config = z.strictObject({
  /** Makes one record out of `{{unique}}`, and saves its id as `id`. */
  write: stepSchema,
  /** Reads it back and expects `{{unique}}` in it. */
  read: stepSchema,
  /** Removes it; the record must then be gone (404) for `read`. */
  remove: stepSchema,
  /** Counts the record in the database itself, with one `?` for the id. Needed where one instance runs: it may answer from a cache. */
  query: z.string().includes('?').optional(),
  /** Key under `access:` of a PostgreSQL's address that `query` is asked at; without it, the environment's SQLite file. */
  postgres: z.string().optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.2.5',
  title: 'Database reads/writes successful',
  config,
  limitMs: 20_000,
  run: readingEvidence(run),
})

/** Written by one instance, read by another or in the database itself, removed, and gone. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { write, read, query } = config
  const [writer, ...others] = await releaseInstances(ctx, ctx.environment)
  const reader = others[0] ?? writer
  if (reader === writer && query === undefined)
    throw new CheckProblem('one instance may answer from a cache; add query: under checks: "3.3.2.5"')
  const expectations = JSON.stringify([read.expect, read.contains])
  if (write.save.id === undefined || !expectations.includes('{{unique}}'))
    throw new CheckProblem('write: must save id, and read: must expect {{unique}}; else any answer would do')
  const values = freshValues()
  const problem = await problemOf(ctx, { writer, reader }, config, values)
  const rest = {
    claim: { write: write.path, byAnother: reader !== writer, inDatabase: query !== undefined, problem },
    source: `${writer.url}, ${reader === writer ? 'the database' : reader.url}`,
    population: `1 record, written by ${writer.id}${reader === writer ? '' : `, read by ${reader.id}`}`,
  }
  if (problem !== null) return fail(problem, rest)
  return pass(
    `a record was written, read back${query ? ', found in the database' : ''}, removed, and is gone`,
    rest,
  )
}

async function problemOf(
  ctx: CheckContext,
  { writer, reader }: { writer: Instance; reader: Instance },
  { write, read, remove, query, postgres }: Config,
  values: Values,
): Promise<string | null> {
  const go = async (instance: Instance, step: Step) =>
    (await walk(ctx, ctx.environment, instance.url, [step], values)).problem
  const written = await go(writer, write)
  if (written !== null) return written
  let problem = await go(reader, read)
  const stored = () =>
    postgres === undefined
      ? countInFile(ctx, query ?? '', values.id ?? '')
      : countInPostgres(ctx, query ?? '', values.id ?? '', postgres)
  if (problem === null && query && (await stored()) !== 1) problem = 'the record is not in the database'
  const removed = await go(writer, remove)
  if (problem ?? removed) return problem ?? removed
  if (query && (await stored()) !== 0) return 'the record is still in the database after it was removed'
  return await go(reader, { ...read, status: 404, expect: {}, contains: {}, save: {} })
}

function countInFile(ctx: CheckContext, query: string, id: string): number {
  const { database } = ctx.environment
  if (!database)
    throw new CheckProblem(`environments.${ctx.environment.name} declares no database for query:`)
  try {
    const connection = new DatabaseSync(database.file, { readOnly: true, timeout: 2000 })
    try {
      return Number(Object.values(connection.prepare(query).get(id) ?? {})[0])
    } finally {
      connection.close()
    }
  } catch (error) {
    throw new CheckProblem(`${database.file}: ${(error as Error).message}`)
  }
}

async function countInPostgres(ctx: CheckContext, query: string, id: string, key: string): Promise<number> {
  const address = await ctx.environment.access(key)
  try {
    const session = await openPostgres(address)
    try {
      const [row] = await session.query(query.replaceAll('?', literalOf(id)))
      return Number(Object.values(row ?? {})[0])
    } finally {
      await session.close()
    }
  } catch (error) {
    throw error instanceof NoPostgres ? new CheckProblem(error.message) : error
  }
}
