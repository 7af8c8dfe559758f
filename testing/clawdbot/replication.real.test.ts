import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../../clawdbot/testing/postgres-cluster.ts'
import type { Check } from '../../gonogo/checks/check.ts'
import { check as replication } from '../../gonogo/checks/components/A.4.4-replication-lag.ts'
import { drillEnvironment } from '../../gonogo/checks/drill-situation.ts'
import { tryCheck } from '../../gonogo/checks/try-drill.ts'
import { openPostgres } from '../../gonogo/connectors/postgres/index.ts'

let primary: PostgresServer
let replica: PostgresServer
let other: PostgresServer
beforeAll(async () => {
  primary = await startPostgres()
  replica = await startPostgres({ source: primary })
  other = await startPostgres()
}, 120_000)
afterAll(async () => {
  for (const server of [replica, other, primary]) await server?.stop()
})

const verdict = async (addresses: Record<string, string>) => {
  const environment = drillEnvironment({ access: async (key) => addresses[key] ?? '' })
  const replicas = Object.keys(addresses).filter((key) => key !== 'databasePrimary')
  const config = { replicas, maxLag: '2s' }
  const result = await tryCheck(
    replication as unknown as Check<never>,
    config,
    { folder: '/tmp' },
    { environment },
  )
  return `${result.verdict}: ${result.summary}`
}
const ask = async (server: PostgresServer, sql: string) => {
  const session = await openPostgres(server.url())
  await session.query(sql).finally(() => session.close())
}

test('the lag of an idle primary’s replica is measured, not read', async () => {
  expect(await verdict({ databasePrimary: primary.url(), one: replica.url() })).toMatch(
    /^pass: 1 of 1 replicas had the marker within \d+ ms/,
  )
})

test('a replica that is paused is named, and well again once it goes on', async () => {
  await ask(replica, 'SELECT pg_wal_replay_pause()')
  expect(await verdict({ databasePrimary: primary.url(), one: replica.url() })).toMatch(
    /^fail: .*has not replayed/,
  )
  await ask(replica, 'SELECT pg_wal_replay_resume()')
  expect(await verdict({ databasePrimary: primary.url(), one: replica.url() })).toMatch(/^pass/)
})

test('a server that is nobody’s replica is none, and one of another primary is not this one’s', async () => {
  expect(await verdict({ databasePrimary: primary.url(), one: other.url() })).toMatch(
    /^fail: .*takes writes itself/,
  )
  expect(await verdict({ databasePrimary: other.url(), one: replica.url() })).toMatch(
    /^fail: .*of another primary/,
  )
})

test('a replica that is away has no lag that anybody knows', async () => {
  expect(
    await verdict({ databasePrimary: primary.url(), one: 'postgres://clawdbot@127.0.0.1:1/postgres' }),
  ).toMatch(/^unknown: 127.0.0.1:1/)
})
