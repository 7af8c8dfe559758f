import type { DrillFault, DrillScratch } from '../drill.ts'
import { defineDrill } from '../drill.ts'
import { drillInstance } from '../drill-situation.ts'
import { startDrillPostgres } from '../live/drill-postgres.ts'
import { type DrillService, type Intercept, startDrillService } from '../live/drill-service.ts'

const config = {
  write: {
    method: 'POST',
    path: '/v1/notes',
    body: { title: '{{unique}}', text: 'a probe' },
    save: { id: '/id' },
  },
  read: { path: '/v1/notes/{{id}}', expect: { '/title': '{{unique}}' } },
  remove: { method: 'DELETE', path: '/v1/notes/{{id}}' },
}

/** Two instances before one store; `second` stands before the answers of the one that reads. */
async function start(scratch: DrillScratch, second: Intercept, count = 2) {
  const service = await startDrillService(scratch, (request, next) =>
    request.headers.host?.startsWith('localhost') ? second(request, next) : next(),
  )
  const instances = [
    drillInstance({ url: service.url }),
    drillInstance({ id: 'gateway-2', url: service.url.replace('127.0.0.1', 'localhost') }),
  ].slice(0, count)
  const environment = service.environment({ candidates: async () => instances })
  return { service, context: { environment }, close: () => service.close() }
}

const reading = (name: string, intercept: Intercept): DrillFault<DrillService> => ({
  name,
  expect: 'fail',
  plant: (_ground, scratch) => start(scratch, intercept),
})

/** One instance; the record is counted in a PostgreSQL, which says what it has at the nth time. */
const inPostgres = (
  name: string,
  expect: 'fail' | 'unknown',
  count: (n: number) => string | null,
): DrillFault<DrillService> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    let asked = 0
    const database = await startDrillPostgres(() => {
      const counted = count(++asked)
      return counted === null ? { code: '42501' } : { count: counted }
    })
    const { service, context, close } = await start(scratch, (_request, next) => next(), 1)
    const access = async (key: string) =>
      key === 'database' ? database.url : service.environment().access(key)
    return {
      config: { ...config, query: 'SELECT count(*) FROM notes WHERE id = ?', postgres: 'database' },
      context: { environment: { ...context.environment, access } },
      close: async () => {
        await close()
        await database.close()
      },
    }
  },
})

const isGet = ({ method, path }: { method: string; path: string }) =>
  method === 'GET' && path.startsWith('/v1/notes/')

export const drill = defineDrill<DrillService>({
  item: '3.3.2.5',
  ground: async (scratch) => {
    const { service, ...rest } = await start(scratch, (_request, next) => next())
    return { config, ground: service, ...rest }
  },
  faults: [
    reading('kept in the memory of the one that wrote', (request, next) =>
      isGet(request) ? { status: 404, body: { detail: 'no such note' } } : next(),
    ),
    reading('another record', (request, next) =>
      isGet(request) ? { status: 200, body: { id: 'x', title: 'another', text: '' } } : next(),
    ),
    {
      name: 'a cache that outlives the record',
      expect: 'fail',
      plant: (_ground, scratch) => {
        let kept: ReturnType<Parameters<Intercept>[1]> | null = null
        return start(scratch, (request, next) => {
          if (!isGet(request)) return next()
          kept ??= next()
          return kept
        })
      },
    },
    {
      name: 'a page for every path',
      expect: 'fail',
      plant: async (_ground, scratch) => {
        const service = await startDrillService(scratch, () => ({ status: 200, body: '<html>' }))
        const instances = [drillInstance({ url: service.url }), drillInstance({ url: service.url })]
        return {
          context: { environment: service.environment({ candidates: async () => instances }) },
          close: () => service.close(),
        }
      },
    },
    {
      name: 'one instance, which may have answered from a cache',
      expect: 'unknown',
      plant: (_ground, scratch) => start(scratch, (_request, next) => next(), 1),
    },
    {
      name: 'a reading that any answer would do for',
      expect: 'unknown',
      plant: async () => ({ config: { ...config, read: { path: '/v1/notes/{{id}}' } } }),
    },
    inPostgres('a record that never came to the database', 'fail', () => '0'),
    inPostgres('a record that stays in the database', 'fail', () => '1'),
    inPostgres('a database that refuses', 'unknown', () => null),
    {
      name: 'a closed port',
      expect: 'unknown',
      plant: async ({ ground }) => {
        const closed = [drillInstance(), drillInstance({ id: 'gateway-2' })]
        return { context: { environment: ground.environment({ candidates: async () => closed }) } }
      },
    },
  ],
})
