import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Upper bounds in seconds, each at most 1.5 times the one before, with 0.5 and 2 among them. */
export const DURATION_BOUNDS_SECONDS = [
  0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 3, 4.5, 6.7, 10,
]

/** The metrics that every process has; components register their own on `registry`. */
export interface ProcessMetrics {
  readonly registry: Registry
  /** Counts one answered request. `route` is a template such as /v1/notes/{id}, never a raw path. */
  readonly countRequest: (request: {
    method: string
    route: string
    status: number
    durationSeconds: number
  }) => void
  readonly inFlight: Gauge
}

export function createMetrics(identity: { version: string; instance: string }): ProcessMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'clawdbot_build_info',
    help: 'Version and instance of this process; always 1',
    labelNames: ['version', 'instance'],
    registers,
  }).set({ version: identity.version, instance: identity.instance }, 1)
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to answer',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BOUNDS_SECONDS,
    registers,
  })
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests not yet answered',
    registers,
  })
  return {
    registry,
    inFlight,
    countRequest: ({ method, route, status, durationSeconds }) => {
      const labels = { method, route, status: String(status) }
      requests.inc(labels)
      durations.observe(labels, durationSeconds)
    },
  }
}
