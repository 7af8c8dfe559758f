import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How an exporter can go wrong while its address still takes connections. */
export const FAULTS = [
  'not a number',
  'infinite',
  'negative',
  'cut off',
  'other metrics',
  'an error page',
  'slow',
  'closed',
] as const
export type Fault = (typeof FAULTS)[number]

export type Exporter = {
  readonly url: string
  fault: Fault | null
  /** Requests answered since the last change; none fails. */
  count(requests: number): void
  stop(): Promise<void>
}

/** An instance that is nothing but its metrics, which can be broken in each of these ways. */
export async function startExporter(): Promise<Exporter> {
  let requests = 0
  let fault: Fault | null = null
  const server = createServer((_request, response) => answer(response, requests, fault))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get fault() {
      return fault
    },
    set fault(next) {
      fault = next
    },
    count: (more) => {
      requests += more
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer(response: ServerResponse, requests: number, fault: Fault | null): void {
  if (fault === 'closed') {
    response.destroy()
    return
  }
  if (fault === 'slow') return
  const values: Partial<Record<Fault, string>> = { 'not a number': 'NaN', infinite: '+Inf', negative: '-5' }
  const text = textOf(
    fault === 'other metrics' ? 'jobs' : 'http',
    (fault && values[fault]) ?? String(requests),
  )
  response.statusCode = fault === 'an error page' ? 503 : 200
  response.setHeader('content-type', 'text/plain; version=0.0.4')
  response.end(fault === 'cut off' ? text.slice(0, -30) : text)
}

const textOf = (name: string, requests: string): string => `# TYPE ${name}_requests_total counter
${name}_requests_total{route="/work",status="200"} ${requests}
# TYPE ${name}_request_duration_seconds histogram
${name}_request_duration_seconds_bucket{le="2",route="/work"} ${requests}
${name}_request_duration_seconds_bucket{le="+Inf",route="/work"} ${requests}
`
