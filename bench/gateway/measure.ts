import autocannon from 'autocannon'
import { measurePacedLatency } from '../proxy/paced-latency.ts'
import { median } from '../proxy/throughput.ts'
import type { Contender, Kind } from './contenders.ts'

const CONNECTIONS = 32
/** Far below what any of them can do: there the waiting in queues does not hide what a hop costs. */
const STEADY_RATE = 100

export type Figures = {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
}

const bodyOf = (kind: Kind): string =>
  JSON.stringify({
    model: 'bench',
    messages: [{ role: 'user', content: 'hello' }],
    ...(kind === 'streamed' ? { stream: true } : {}),
  })

/**
 * Every contender once a round, in turn, so that whatever else the machine does meets all of them; medians over the
 * rounds. A first short run of each warms it up and is thrown away.
 */
export async function measureGateways(
  contenders: readonly Contender[],
  kind: Kind,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Figures[]> {
  for (const contender of contenders) await measureOnce(contender, kind, 1)
  const all: Figures[][] = contenders.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [n, contender] of contenders.entries())
      all[n]?.push(await measureOnce(contender, kind, seconds))
  return all.map((runs) => ({
    requestsPerSecond: median(runs.map((run) => run.requestsPerSecond)),
    p50Ms: median(runs.map((run) => run.p50Ms)),
    p99Ms: median(runs.map((run) => run.p99Ms)),
    failed: runs.reduce((sum, run) => sum + run.failed, 0),
  }))
}

async function measureOnce({ url, headers }: Contender, kind: Kind, seconds: number): Promise<Figures> {
  const request = {
    method: 'POST' as const,
    headers: { ...headers, 'content-type': 'application/json' },
    body: bodyOf(kind),
  }
  const address = `${url}/v1/chat/completions`
  const full = await autocannon({ url: address, connections: CONNECTIONS, duration: seconds, ...request })
  const steady = await measurePacedLatency(address, STEADY_RATE, seconds, request)
  return {
    requestsPerSecond: Math.round(full['2xx'] / full.duration),
    p50Ms: steady.p50Ms,
    p99Ms: steady.p99Ms,
    failed: full.errors + full.non2xx + steady.failed,
  }
}
