import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { EnvironmentAccess } from '../check.ts'
import type { DrillScratch } from '../drill.ts'
import { drillEnvironment, drillInstance } from '../drill-situation.ts'
import { drillAccess } from './drill-access.ts'
import type { DrillReply, DrillRequest } from './drill-service-routes.ts'
import { drillRoutes } from './drill-service-routes.ts'

/** Stands before the service's own answer: a planted fault answers itself, or changes what `next` gives. */
export type Intercept = (request: DrillRequest, next: () => DrillReply) => DrillReply | Promise<DrillReply>

export type DrillService = {
  readonly url: string
  readonly logFile: string
  /** An environment in which this service is the release's one instance, with tokens and origin declared. */
  environment(overrides?: Partial<EnvironmentAccess>): EnvironmentAccess
  close(): Promise<void>
}

/**
 * A small service on a real socket for drills to break: health and readiness, OpenAPI, notes behind bearer tokens and a
 * rate limit, CORS, one JSON log line a request. It stands for no product; a drill's ground must not depend on one.
 */
export async function startDrillService(
  scratch: DrillScratch,
  intercept: Intercept = (_request, next) => next(),
): Promise<DrillService> {
  const logFile = join(scratch.folder, 'service.log')
  mkdirSync(dirname(logFile), { recursive: true })
  writeFileSync(logFile, '')
  const answer = drillRoutes()
  const server = createServer((request, response) => {
    void serve(
      request,
      response,
      async (drillRequest) => intercept(drillRequest, () => answer(drillRequest)),
      logFile,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const instance = drillInstance({ url, logFile, pid: process.pid })
  return {
    url,
    logFile,
    environment: (overrides = {}) =>
      drillEnvironment({
        url,
        candidates: async () => [instance],
        access: drillAccess,
        ...overrides,
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: DrillRequest) => Promise<DrillReply>,
  logFile: string,
): Promise<void> {
  const started = performance.now()
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = 'GET', url: path = '/' } = request
  const headers = request.headers as Record<string, string | undefined>
  const reply = await answer({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') })
  const durationMs = performance.now() - started
  const id = headers['x-request-id'] ?? 'none'
  const line = {
    level: 'info',
    time: new Date().toISOString(),
    msg: 'request',
    id,
    method,
    route: path.split('?')[0],
    status: reply.status,
    durationMs,
  }
  appendFileSync(logFile, `${JSON.stringify(line)}\n`)
  const isJson = typeof reply.body === 'object'
  response.writeHead(reply.status, {
    ...(reply.body === undefined ? {} : { 'content-type': isJson ? 'application/json' : 'text/html' }),
    'x-request-id': id,
    ...reply.headers,
  })
  response.end(isJson ? JSON.stringify(reply.body) : (reply.body as string | undefined))
}
