import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { CheckContext } from '../check.ts'

const ANSWER_LIMIT_MS = 10_000
/** Requests that may be under way; more would measure this machine, not the service. */
const MOST_AT_ONCE = 500

export type Load = {
  readonly sent: number
  /** Requests that were due and could not even be sent: the service was too far behind. */
  readonly missed: number
  readonly failed: number
  /** As they were sent. */
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** Response times, shortest first. */
  readonly timesMs: readonly number[]
  /** The first thing that went wrong; null when nothing did. */
  readonly firstFailure: string | null
}

/**
 * A steady load: `rate` requests a second for `durationMs`, each sent when it is due, whatever became of the ones before
 * (an open loop: a slow service does not slow the load). Response times are counted from when a request was due.
 */
export async function applyLoad(
  ctx: CheckContext,
  url: string,
  path: string,
  tokens: readonly string[],
  { rate, durationMs }: { readonly rate: number; readonly durationMs: number },
): Promise<Load> {
  const agent = new Agent({ connections: 64, pipelining: 1 })
  const times: number[] = []
  const failures: string[] = []
  const [started, total] = [performance.now(), Math.round((rate * durationMs) / 1000)]
  let [under, missed] = [0, 0]
  const one = async (due: number, token: string | undefined) => {
    under++
    const problem = await ask(agent, new URL(path, url), token)
    if (problem !== null) failures.push(problem)
    times.push(performance.now() - due)
    under--
  }
  for (let i = 0; i < total && !ctx.signal.aborted; i++) {
    const due = started + (i * 1000) / rate
    if (due > performance.now()) await wait(due - performance.now())
    if (under >= MOST_AT_ONCE) missed++
    else void one(due, tokens[i % tokens.length])
  }
  const elapsedMs = performance.now() - started
  while (under > 0) await wait(5)
  await agent.close()
  times.sort((a, b) => a - b)
  const at = (q: number) => times[Math.max(0, Math.ceil(times.length * q) - 1)] ?? Number.POSITIVE_INFINITY
  return {
    sent: times.length,
    missed,
    failed: failures.length,
    perSecond: (times.length / Math.max(elapsedMs, durationMs)) * 1000,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    timesMs: times,
    firstFailure: failures[0] ?? null,
  }
}

/** Null for an answer of 2xx with JSON; what it was otherwise. */
async function ask(agent: Agent, url: URL, token: string | undefined): Promise<string | null> {
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher: agent,
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
    await body.dump()
    const type = String(headers['content-type'] ?? 'no media type')
    if (statusCode < 200 || statusCode > 299) return `${url.pathname} answers ${statusCode}`
    return /json/.test(type) ? null : `${url.pathname} answers ${type}, not JSON`
  } catch (error) {
    return `${url.pathname}: ${(error as Error).message}`
  }
}
