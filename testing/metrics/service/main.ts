// A service with Prometheus metrics as its client library makes them. It fails the given share of its requests.
import { createServer } from 'node:http'
import { Counter, Histogram, Registry } from 'prom-client'

const BOUNDS = [
  0.01, 0.014, 0.02, 0.028, 0.04, 0.055, 0.075, 0.1, 0.14, 0.2, 0.28, 0.4, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6,
  8, 10,
]
const registers = [new Registry()]
const labelNames = ['route', 'status']
const requests = new Counter({
  name: 'http_requests_total',
  help: 'Requests answered',
  labelNames,
  registers,
})
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from request to answer',
  labelNames,
  buckets: BOUNDS,
  registers,
})
const failing = Number(process.env.ERROR_RATIO ?? 0)
let asked = 0

const server = createServer(async (req, res) => {
  const started = performance.now()
  const path = new URL(req.url ?? '/', 'http://service').pathname
  // Every n-th request fails, so that the failures are as many as was said.
  const isBad = path === '/work' && failing > 0 && ++asked % Math.round(1 / failing) === 0
  const status = path === '/missing' ? 404 : isBad ? 500 : 200
  const body = path === '/metrics' ? await registers[0]?.metrics() : `${process.env.VERSION}\n`
  const labels = { route: path, status: String(status) }
  requests.inc(labels)
  durations.observe(labels, (performance.now() - started) / 1000)
  res.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' })
  res.end(body)
})

process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})
server.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1')
