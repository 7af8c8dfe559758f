import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CheckProblem } from '../check.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment } from '../drill-situation.ts'
import { type DrillPostgres, type DrillQueries, startDrillPostgres } from '../live/drill-postgres.ts'

const config = { replicas: ['databaseReplica'], maxLag: '300ms' }

/** What a server says of itself; a planted fault changes it. */
type Said = { standby: string; system: string; fed: string; seen: string | null }
const PRIMARY: Said = { standby: 'f', system: '7301', fed: '1', seen: null }
const REPLICA: Said = { standby: 't', system: '7301', fed: '0', seen: 't' }

const saying =
  (said: Said): DrillQueries =>
  (sql) => {
    if (sql.includes('pg_is_in_recovery')) return { standby: said.standby, system: said.system }
    if (sql.includes('pg_stat_replication')) return { fed: said.fed }
    if (sql.includes('pg_current_wal_insert_lsn')) return { position: '0/3000A20' }
    if (sql.includes('pg_last_wal_replay_lsn')) return { seen: said.seen }
    if (sql.includes('pg_logical_emit_message')) return { pg_logical_emit_message: '0/3000A00' }
    return { code: '42601' }
  }

type Ground = { primary: DrillPostgres; replica: DrillPostgres }

const placed = (addresses: Readonly<Record<string, string>>) => ({
  environment: drillEnvironment({
    access: async (key) => {
      const address = addresses[key]
      if (address === undefined)
        throw new CheckProblem(`environments.production.access.${key} is not declared`)
      return address
    },
  }),
})

const at = (primary: string, replica: string) =>
  placed({ databasePrimary: primary, databaseReplica: replica })

const changed = (
  name: string,
  which: keyof Ground,
  change: Partial<Said>,
  expect: 'fail' | 'unknown' = 'fail',
): DrillFault<Ground> => ({
  name,
  expect,
  plant: async ({ ground }) => {
    ground[which].queries = saying({ ...(which === 'primary' ? PRIMARY : REPLICA), ...change })
    return {}
  },
})

export const drill = defineDrill<Ground>({
  item: 'A.4.4',
  ground: async () => {
    const [primary, replica] = [
      await startDrillPostgres(saying(PRIMARY)),
      await startDrillPostgres(saying(REPLICA)),
    ]
    return {
      config,
      context: at(primary.url, replica.url),
      ground: { primary, replica },
      close: async () => {
        await primary.close()
        await replica.close()
      },
    }
  },
  faults: [
    changed('a paused replica', 'replica', { seen: 'f' }),
    changed('a replica that says NULL', 'replica', { seen: null }),
    changed('a primary taken for a replica', 'replica', { standby: 'f' }),
    changed('a replica of another primary', 'replica', { system: '9999' }),
    changed('a replica taken for the primary', 'primary', { standby: 't' }),
    changed('a replica that nobody declared', 'primary', { fed: '2' }),
    {
      name: 'a replica that may not be asked',
      expect: 'unknown',
      plant: async ({ ground }) => {
        ground.replica.queries = () => ({ code: '42501' })
        return {}
      },
    },
    {
      name: 'no replica declared',
      expect: 'unknown',
      plant: async ({ ground }) => ({ context: placed({ databasePrimary: ground.primary.url }) }),
    },
    {
      name: 'the primary declared twice',
      expect: 'unknown',
      plant: async ({ ground }) => ({ context: at(ground.primary.url, ground.primary.url) }),
    },
    {
      name: 'a closed port',
      expect: 'unknown',
      plant: async ({ ground }) => ({
        context: at(ground.primary.url, 'postgres://drill@127.0.0.1:1/drill'),
      }),
    },
    {
      name: 'a page for everything',
      expect: 'fail',
      plant: async () => {
        const page = createServer((_request, response) => {
          response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>')
        })
        await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
        const { port } = page.address() as AddressInfo
        const url = (user: string) => `postgres://${user}@127.0.0.1:${port}/drill`
        return { context: at(url('one'), url('two')), close: async () => void page.close() }
      },
    },
  ],
})
