import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { NoPostgres, openPostgres, type PostgresSession } from '#connectors/postgres/index.ts'
import { durationSchema, formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { readingEvidence } from '../reading.ts'

const config = z.strictObject({
  /** Key under `access:` of the primary's address, `postgres://user:password@host:port/database`. */
  primary: z.string().default('databasePrimary'),
  /** Keys of every replica's address. */
  replicas: z
    .array(z.string())
    .min(1, 'name the replicas’ keys; where there is no replica, there is no lag to measure'),
  maxLag: durationSchema.default(5000),
})

type Config = z.output<typeof config>

export const check = defineCheck<Config>({
  id: 'A.4.4',
  title: 'Replication lag acceptable',
  config,
  limitMs: 60_000,
  run: readingEvidence(run),
})

const LOOK_EVERY_MS = 10

/** A marker is written into the primary's log, and every replica that it feeds has replayed it in time. */
async function run(ctx: CheckContext, { primary, replicas, maxLag }: Config): Promise<CheckResult> {
  const addresses = await Promise.all([primary, ...replicas].map((key) => ctx.environment.access(key)))
  if (new Set(addresses).size < addresses.length)
    throw new CheckProblem('two of the addresses are one server')
  const sessions: PostgresSession[] = []
  try {
    for (const address of addresses) sessions.push(await openPostgres(address))
    const [first, ...others] = sessions as [PostgresSession, ...PostgresSession[]]
    const source = `a marker written at ${first.place}, awaited at ${others.map(({ place }) => place).join(', ')}`
    const { problem, lags } = await measure(ctx, first, others, maxLag)
    const rest = {
      claim: { replicas: others.length, maxLagMs: maxLag, problem },
      source,
      population: `${lags.length} of ${others.length} replicas`,
    }
    if (problem !== null) return fail(problem, rest)
    const worst = Math.ceil(Math.max(...lags))
    return pass(
      `${lags.length} of ${others.length} replicas had the marker within ${worst} ms, ${formatDuration(maxLag)} allowed`,
      rest,
    )
  } catch (error) {
    if (!(error instanceof NoPostgres)) throw error
    return fail(error.message, { claim: { problem: 'no PostgreSQL' }, source: 'the declared addresses' })
  } finally {
    await Promise.all(sessions.map((session) => session.close()))
  }
}

async function measure(
  ctx: CheckContext,
  primary: PostgresSession,
  replicas: readonly PostgresSession[],
  maxLagMs: number,
): Promise<{ readonly problem: string | null; readonly lags: readonly number[] }> {
  const found = (problem: string) => ({ problem, lags: [] })
  const [own, ...others] = await Promise.all([primary, ...replicas].map(identityOf))
  if (own?.standby !== 'f') return found(`${primary.place} is a replica itself, not the primary`)
  for (const [i, { standby, system }] of others.entries()) {
    const place = replicas[i]?.place
    // Its word on lag would be NULL, which is not none.
    if (standby !== 't') return found(`${place} is no replica: it takes writes itself`)
    if (system !== own.system) return found(`${place} is a replica of another primary`)
  }
  const fed = Number((await primary.query(FED))[0]?.fed)
  if (fed > replicas.length)
    return found(`${primary.place} feeds ${fed} replicas, ${replicas.length} are declared`)
  const marker = randomBytes(8).toString('hex')
  await primary.query(`SELECT pg_logical_emit_message(true, 'gonogo', '${marker}')`)
  const writtenAt = performance.now()
  const position = (await primary.query('SELECT pg_current_wal_insert_lsn() AS position'))[0]?.position ?? ''
  if (!/^[0-9A-F]+\/[0-9A-F]+$/i.test(position))
    throw new CheckProblem(`${primary.place} does not say where its log is`)
  const lags = await Promise.all(replicas.map((one) => lagOf(ctx, one, position, writtenAt, maxLagMs)))
  const late = lags.indexOf(null)
  if (late >= 0)
    return found(`${replicas[late]?.place} has not replayed the marker after ${formatDuration(maxLagMs)}`)
  return { problem: null, lags: lags.filter((lag) => lag !== null) }
}

const IDENTITY = 'SELECT pg_is_in_recovery() AS standby, system_identifier AS system FROM pg_control_system()'
const FED = "SELECT count(*) AS fed FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup'"

async function identityOf(session: PostgresSession) {
  const [row] = await session.query(IDENTITY)
  return { standby: row?.standby ?? null, system: row?.system ?? null }
}

/** Milliseconds from the write to its replay; null when it did not come in time. */
async function lagOf(
  ctx: CheckContext,
  replica: PostgresSession,
  position: string,
  writtenAt: number,
  maxLagMs: number,
): Promise<number | null> {
  const sql = `SELECT pg_last_wal_replay_lsn() >= '${position}'::pg_lsn AS seen`
  while (true) {
    const [row] = await replica.query(sql)
    const lag = performance.now() - writtenAt
    if (lag > maxLagMs) return null
    if (row?.seen === 't') return lag
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
  }
}
