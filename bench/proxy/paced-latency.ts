import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'

export type Latency = { readonly p50Ms: number; readonly p99Ms: number; readonly failed: number }

/**
 * Latency at a steady rate far below what the hop can do. Each request starts when it is due, whether or not the ones
 * before are answered, so that a stall is seen by every request that it would have met.
 */
export async function measurePacedLatency(
  url: string,
  perSecond: number,
  seconds: number,
  options: { method?: 'GET' | 'POST'; headers?: Record<string, string>; body?: string } = {},
): Promise<Latency> {
  const agent = new Agent({ connections: 32, pipelining: 1 })
  const startedAtMs = performance.now()
  const times: number[] = []
  let failed = 0
  const one = async (dueMs: number) => {
    const answer = await request(url, { dispatcher: agent, ...options }).catch(() => null)
    await answer?.body.dump().catch(() => {})
    if (answer?.statusCode === 200) times.push(performance.now() - dueMs)
    else failed++
  }
  const sent: Promise<void>[] = []
  while (sent.length < perSecond * seconds) {
    const due = Math.min(perSecond * seconds, ((performance.now() - startedAtMs) * perSecond) / 1000)
    // The timer's own lateness is not the hop's: a request is timed from when it could be sent.
    while (sent.length < due) sent.push(one(performance.now()))
    await wait(1)
  }
  await Promise.all(sent)
  await agent.close()
  times.sort((a, b) => a - b)
  const at = (share: number) => round(times[Math.floor(times.length * share)] ?? Number.NaN)
  return { p50Ms: at(0.5), p99Ms: at(0.99), failed }
}

const round = (ms: number): number => Math.round(ms * 100) / 100
