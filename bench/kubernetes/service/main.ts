// The service that every contender deploys: it asks an upstream for each request, drains on SIGTERM, and misbehaves as
// its environment says. ERRORS is the share of requests that fail, 0…1; DELAY_MS is added to each.
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

const { VERSION = 'none', UPSTREAM = '', CRASH = 'no' } = process.env
const errors = Number(process.env.ERRORS ?? 0)
const delayMs = Number(process.env.DELAY_MS ?? 0)
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10]

if (CRASH === 'yes') {
  process.stderr.write(`${VERSION}: told to crash\n`)
  process.exit(7)
}

const agent = new Agent({ keepAlive: true })
const requests = new Map<number, number>()
const within = BOUNDS_S.map(() => 0)
let durationsS = 0
let isDraining = false

/** False where the upstream fails: that is the fault of no version. */
const askUpstream = (): Promise<boolean> =>
  new Promise((resolve) => {
    get(UPSTREAM, { agent }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode === 200))
    }).on('error', () => resolve(false))
  })

async function work(response: ServerResponse): Promise<void> {
  const startedAt = performance.now()
  await wait(delayMs)
  const isUp = UPSTREAM === '' || (await askUpstream())
  const status = Math.random() < errors ? 500 : isUp ? 200 : 502
  response.setHeader('x-version', VERSION)
  if (status === 502) response.setHeader('x-incident', 'yes')
  answer(response, status, VERSION)
  const seconds = (performance.now() - startedAt) / 1000
  durationsS += seconds
  requests.set(status, (requests.get(status) ?? 0) + 1)
  for (const [n, bound] of BOUNDS_S.entries()) if (seconds <= bound) within[n] = (within[n] ?? 0) + 1
}

function metrics(): string {
  const total = [...requests.values()].reduce((sum, count) => sum + count, 0)
  const name = 'http_request_duration_seconds'
  return [
    '# TYPE http_requests_total counter',
    ...[...requests].map(([status, count]) => `http_requests_total{status="${status}"} ${count}`),
    `# TYPE ${name} histogram`,
    ...BOUNDS_S.map((bound, n) => `${name}_bucket{le="${bound}"} ${within[n]}`),
    `${name}_bucket{le="+Inf"} ${total}`,
    `${name}_sum ${durationsS}`,
    `${name}_count ${total}\n`,
  ].join('\n')
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' })
  response.end(text)
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request: IncomingMessage, response) => {
  if (request.url === '/health') return answer(response, 200, 'ok')
  if (request.url === '/ready') return answer(response, isDraining ? 503 : 200, 'ready')
  if (request.url === '/metrics') return answer(response, 200, metrics())
  return void work(response)
})
process.on('SIGTERM', () => {
  isDraining = true
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
server.listen(8080, '0.0.0.0')
