import autocannon from 'autocannon'
import { measurePacedLatency } from './paced-latency.ts'

const SECONDS = 3
const CONNECTIONS = 32
/** Well below what any of them can do: here the waiting in queues does not hide what a hop costs. */
const STEADY_RATE = 1000

export type Figures = {
  /** As many requests as go through. */
  readonly requestsPerSecond: number
  readonly saturatedP99Ms: number
  /** At 1000 requests a second. */
  readonly steadyP50Ms: number
  readonly steadyP99Ms: number
  readonly failed: number
}

export type Contender = { readonly name: string; readonly url: string }

/** Every contender once a round, so that whatever else the machine does meets all of them; medians over the rounds. */
export async function measureThroughput(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Record<string, Figures>> {
  const all = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const { name, url } of contenders) all.get(name)?.push(await measureOnce(url))
  return Object.fromEntries([...all].map(([name, runs]) => [name, medians(runs)]))
}

async function measureOnce(url: string): Promise<Figures> {
  const options = { url: `${url}/work`, connections: CONNECTIONS, duration: SECONDS }
  const full = await autocannon(options)
  const steady = await measurePacedLatency(options.url, STEADY_RATE, SECONDS)
  return {
    requestsPerSecond: Math.round(full.requests.average),
    saturatedP99Ms: full.latency.p99,
    steadyP50Ms: steady.p50Ms,
    steadyP99Ms: steady.p99Ms,
    failed: full.errors + full.non2xx + steady.failed,
  }
}

function medians(runs: readonly Figures[]): Figures {
  const middle = (key: keyof Figures) => median(runs.map((run) => run[key]))
  return {
    requestsPerSecond: middle('requestsPerSecond'),
    saturatedP99Ms: middle('saturatedP99Ms'),
    steadyP50Ms: middle('steadyP50Ms'),
    steadyP99Ms: middle('steadyP99Ms'),
    failed: runs.reduce((sum, run) => sum + run.failed, 0),
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
