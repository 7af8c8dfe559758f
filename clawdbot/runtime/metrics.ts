import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Upper bounds in seconds, each less than ∛3 times the one before, so that three times a p95 can be told from it. */
export const DURATION_BOUNDS_SECONDS = [
  0.01, 0.014, 0.02, 0.028, 0.04, 0.055, 0.075, 0.1, 0.14, 0.2, 0.28, 0.4, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6,
  8, 10,
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
