import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillInstance } from '../drill-situation.ts'
import { type DrillService, startDrillService } from '../live/drill-service.ts'
import type { DrillRequest } from '../live/drill-service-routes.ts'

const config = { path: '/v1/notes' }
type Line = Record<string, unknown>

/** The drill service with a log of its own, whose line for each request is what `write` makes of it. */
async function start(scratch: DrillScratch, write: (line: Line, request: DrillRequest) => (Line | string)[]) {
  const file = join(scratch.folder, `requests-${Math.random().toString(36).slice(2)}.log`)
  await appendFile(file, '')
  const service = await startDrillService(scratch, async (request, next) => {
    const reply = next()
    const { status } = reply
    const line = {
      level: 'info',
      time: new Date().toISOString(),
      id: request.headers['x-request-id'],
      status,
      durationMs: 0.2,
    }
    for (const one of write(line, request))
      await appendFile(file, `${typeof one === 'string' ? one : JSON.stringify(one)}\n`)
    return reply
  })
  const instances = [drillInstance({ url: service.url, logFile: file })]
  const environment = service.environment({ candidates: async () => instances })
  return { service, context: { environment }, close: () => service.close() }
}

const writing = (
  name: string,
  write: (line: Line, request: DrillRequest) => (Line | string)[],
): DrillFault<DrillService> => ({
  name,
  expect: 'fail',
  plant: (_ground, scratch) => start(scratch, write),
})

export const drill = defineDrill<DrillService>({
  item: 'A.1.4',
  ground: async (scratch) => {
    const { service, ...rest } = await start(scratch, (line) => [line])
    return { config, ground: service, ...rest }
  },
  faults: [
    writing('no line for a request', () => []),
    writing('a line without an id', ({ id: _id, ...line }) => [line]),
    writing('a line without a status', ({ status: _status, ...line }) => [line]),
    writing('a line without a duration', ({ durationMs: _duration, ...line }) => [line]),
    writing('another status than the answer’s', (line) => [{ ...line, status: 200 }]),
    writing('two lines for one request', (line) => [line, line]),
    writing('the token in the log', (line, { headers }) => [
      { ...line, authorization: headers.authorization },
    ]),
    writing('the body in the log', (line, { body }) => [{ ...line, body }]),
    writing('the body in what is no log line', (line, { body }) => [line, `got ${body}`]),
    writing('the query in the log', (line, { path }) => [{ ...line, url: path }]),
    {
      name: 'a page for every path',
      expect: 'fail',
      plant: async (_ground, scratch) => {
        const service = await startDrillService(scratch, () => ({ status: 200, body: '<html>' }))
        return { context: { environment: service.environment() }, close: () => service.close() }
      },
    },
    {
      name: 'a closed port',
      expect: 'unknown',
      plant: async ({ ground }) => {
        const closed = [drillInstance({ logFile: ground.logFile })]
        return { context: { environment: ground.environment({ candidates: async () => closed }) } }
      },
    },
    {
      name: 'no log kept',
      expect: 'unknown',
      plant: async ({ ground }) => {
        const bare = [drillInstance({ url: ground.url })]
        return { context: { environment: ground.environment({ candidates: async () => bare }) } }
      },
    },
  ],
})
