import { startHaproxy } from './haproxy.ts'
import { type Contender, type Figures, measureThroughput } from './throughput.ts'
import { makeBenchWorld } from './world.ts'
import { measureZeroTraffic, type ZeroTraffic } from './zero-traffic.ts'

const ROUNDS = 3
const ZERO_RUNS = 30

export type ProxyResult = {
  throughput: Record<string, Figures>
  skipped: Record<string, string>
  zeroTraffic: ZeroTraffic
}

/** What the proxy costs beside no proxy and beside HAProxy, in one interleaved run, and how soon a canary has no traffic. */
export async function measureProxy(): Promise<ProxyResult> {
  const world = await makeBenchWorld()
  const { url, instances } = await world.target.observe()
  const stable = instances.filter((i) => i.version === '1.0.0').map((i) => i.url)
  const haproxy = await startHaproxy(world.folder, stable)
  try {
    const contenders: Contender[] = [{ name: 'direct', url: stable[0] ?? '' }]
    if (haproxy.isThere) contenders.push({ name: `HAProxy ${haproxy.version}`, url: haproxy.url })
    contenders.push({ name: 'gonogo', url })
    return {
      throughput: await measureThroughput(contenders, ROUNDS),
      skipped: haproxy.isThere ? {} : { HAProxy: haproxy.reason },
      zeroTraffic: await measureZeroTraffic(world.target, ZERO_RUNS),
    }
  } finally {
    if (haproxy.isThere) await haproxy.end()
    await world.end()
  }
}

export function printProxy({ throughput, skipped, zeroTraffic }: ProxyResult): void {
  console.log(`the proxy: medians of ${ROUNDS} interleaved rounds, 32 connections\n`)
  const rows = Object.entries(throughput).map(([name, figures]) => ({
    '': name,
    'requests/s': figures.requestsPerSecond,
    'p99 at full load, ms': figures.saturatedP99Ms,
    'p50 at 1000/s, ms': figures.steadyP50Ms,
    'p99 at 1000/s, ms': figures.steadyP99Ms,
    failed: figures.failed,
  }))
  console.table(rows)
  for (const [name, reason] of Object.entries(skipped)) console.log(`${name}: skipped, ${reason}`)
  const { medianMs, worstMs, answerMedianMs, answerWorstMs, runs } = zeroTraffic
  console.log(
    `\nfrom the decision to zero canary traffic: median ${medianMs} ms, worst ${worstMs} ms of ${runs}`,
  )
  console.log(
    `from the decision to its answer, synced to disk: median ${answerMedianMs} ms, worst ${answerWorstMs} ms`,
  )
}
