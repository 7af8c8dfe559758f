import { once } from 'node:events'
import { createServer } from 'node:http'

const RATE = 100
const CANARY_SHARE = 0.05
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10]

/** Counters of a healthy service at 100 requests a second, as Traefik would tell them of one namespace: `/NAMESPACE`. */
export async function startStandInRouter(): Promise<{ readonly url: string; close(): void }> {
  const startedAt = performance.now()
  const server = createServer((request, response) => {
    const namespace = request.url?.slice(1) ?? ''
    const requests = ((performance.now() - startedAt) / 1000) * RATE
    const shares = { web: 1 - CANARY_SHARE, 'web-canary': CANARY_SHARE }
    response.end(
      Object.entries(shares)
        .map(([name, share]) => linesOf(namespace, name, Math.floor(requests * share)))
        .join(''),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function linesOf(namespace: string, name: string, count: number): string {
  const service = `service="httproute-${namespace}-web-gw-${namespace}-gateway-ep-web-0-svc-${namespace}-${name}-0@kubernetesgateway"`
  const labels = `code="200",method="GET",protocol="http",${service}`
  const buckets = [...BOUNDS_S, '+Inf'].map(
    (bound) => `traefik_service_request_duration_seconds_bucket{${labels},le="${bound}"} ${count}\n`,
  )
  return [
    `traefik_service_requests_total{${labels}} ${count}\n`,
    ...buckets,
    `traefik_service_request_duration_seconds_sum{${labels}} ${count * 0.004}\n`,
    `traefik_service_request_duration_seconds_count{${labels}} ${count}\n`,
  ].join('')
}
