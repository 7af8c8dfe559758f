// A tiny HTTP service with the manners of a real one: liveness, readiness, drain on SIGTERM. What it is, and how it
// misbehaves, comes from its environment, so that a test can deploy any version of it.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const port = number('PORT', 0)
const version = process.env.VERSION ?? 'none'
const peer = process.env.PEER ?? ''
/**
 * `crash` ends before listening, `never` is never ready, `bind` listens on no port at all, `hungry` takes all memory.
 * `unhealthy` and `nameless` are ready, and say otherwise, or not who they are, when asked for their health;
 * `unfinished` lacks what users want.
 */
const behaviour = process.env.BEHAVIOUR ?? 'good'
const errorRatio = number('ERROR_RATIO', 0)
const delayMs = number('DELAY_MS', 0)
const startMs = number('START_MS', 0)

if (behaviour === 'crash') {
  process.stderr.write(`${version}: told to crash\n`)
  process.exit(7)
}

const eaten: Buffer[] = []
const eat = () => void setInterval(() => eaten.push(Buffer.alloc(32 * 1024 * 1024, 1)), 5)
while (behaviour === 'hungry') eaten.push(Buffer.alloc(32 * 1024 * 1024, 1))

/** Answers by status, and all of them by how long they took, as Prometheus has it. */
const answers = new Map<number, number>()
const bounds = [0.01, 0.05, 0.1, 0.5, 1, Number.POSITIVE_INFINITY]
const within = bounds.map(() => 0)

let isDraining = false
let isReady = false
let served = 0

const routes: Record<string, (req: IncomingMessage, res: ServerResponse) => unknown> = {
  '/health': health,
  '/ready': (_req, res) =>
    json(res, isReady && !isDraining ? 200 : 503, { ready: isReady && !isDraining, version }),
  '/feature': (_req, res) => json(res, behaviour === 'unfinished' ? 404 : 200, { version }),
  '/env': (_req, res) =>
    json(res, 200, { version, peer, pid: process.pid, config: process.env.CONFIG ?? null }),
  '/peer': async (_req, res) => {
    const told = peer === '' ? null : await fetch(`http://${peer}/env`)
    json(res, 200, { reaches: told && ((await told.json()) as { version: string }).version })
  },
  '/headers': (req, res) => json(res, 200, { url: req.url, headers: req.headers, raw: req.rawHeaders }),
  '/echo': (req, res) => {
    res.writeHead(200, { 'content-type': 'application/octet-stream' })
    req.pipe(res)
  },
  '/metrics': (_req, res) => res.end(exposition()),
  '/sum': sum,
  '/stream': stream,
  '/broken': (_req, res) => {
    res.writeHead(200, { 'content-length': '100' })
    res.write('half of it')
    setTimeout(() => res.destroy(), 20)
  },
  '/hop': (_req, res) => {
    res.writeHead(200, { connection: 'close, x-private', 'x-private': 'yes', 'set-cookie': ['a=1', 'b=2'] })
    res.end('hop')
  },
  '/exit': () => process.exit(3),
  '/stumble': (_req, res) => {
    log('error', 'stumbled')
    json(res, 200, { stumbled: true })
  },
  '/eat': (_req, res) => {
    eat()
    json(res, 200, { eating: true })
  },
}

const server = createServer({ keepAliveTimeout: number('KEEP_ALIVE_MS', 5000) }, async (req, res) => {
  const path = new URL(req.url ?? '/', 'http://service').pathname
  const route = routes[path]
  if (route) return route(req, res)
  // No catch-all: who asks for a probe that is not there is told so.
  if (/^\/(ready|health)./.test(path)) return json(res, 404, { version, path })
  const startedAt = performance.now()
  if (delayMs > 0) await wait(delayMs)
  // Every n-th request fails, so that a test knows how many.
  const isBad = errorRatio > 0 && ++served % Math.round(1 / errorRatio) === 0
  const status = isBad ? 500 : 200
  answers.set(status, (answers.get(status) ?? 0) + 1)
  // Read once: a pause between two of the bounds would count it for the lower one alone.
  const seconds = (performance.now() - startedAt) / 1000
  for (const [index, bound] of bounds.entries())
    if (seconds <= bound) within[index] = (within[index] ?? 0) + 1
  json(res, status, { version, path })
})

/** Accepts any upgrade and sends back what it gets. */
server.on('upgrade', (req, socket) => {
  socket.on('error', () => socket.destroy())
  if (req.url === '/refuse') return socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n')
  const key = `${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  )
  socket.pipe(socket)
})

process.on('SIGTERM', () => {
  if (process.env.IGNORE_SIGTERM) return
  isDraining = true
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})

if (behaviour === 'bind') setInterval(() => {}, 1000)
else {
  await wait(startMs)
  server.listen(port, process.env.HOST ?? '127.0.0.1', () => {
    isReady = behaviour !== 'never'
    log('info', `listens on ${port}`)
  })
}

function log(level: string, msg: string): void {
  process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), version, msg })}\n`)
}

function exposition(): string {
  const lines = [...answers].map(([status, count]) => `http_requests_total{status="${status}"} ${count}`)
  const buckets = bounds.map((bound, index) => {
    const le = Number.isFinite(bound) ? bound : '+Inf'
    return `http_request_duration_seconds_bucket{le="${le}"} ${within[index]}`
  })
  const [requests, durations] = ['http_requests_total counter', 'http_request_duration_seconds histogram']
  return `${[`# TYPE ${requests}`, ...lines, `# TYPE ${durations}`, ...buckets].join('\n')}\n`
}

function json(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify(body))
}

function health(_req: IncomingMessage, res: ServerResponse): void {
  const isHealthy = behaviour !== 'unhealthy'
  const name = behaviour === 'nameless' ? {} : { version }
  json(res, isHealthy ? 200 : 503, { status: isHealthy ? 'ok' : 'ill', ...name })
}

async function sum(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of req) {
    hash.update(chunk)
    bytes += chunk.length
  }
  json(res, 200, { bytes, sha256: hash.digest('hex') })
}

/** Three events, each when the one before is out. */
async function stream(_req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let n = 1; n <= 3; n++) {
    res.write(`data: ${n}\n\n`)
    await wait(200)
  }
  res.end()
}
