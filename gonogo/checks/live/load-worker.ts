// The thread that sends the requests of `load.ts`: says when it begins, and answers with one Load.
import { setTimeout as wait } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Agent, request } from 'undici'
import type { Load, LoadOrder, LoadWord } from './load.ts'

const ANSWER_LIMIT_MS = 10_000
/** The first requests of a thread are slow by its own doing, which opens connections and compiles. */
const WARMING = 5
/** Requests that may be under way; more would measure this machine, not the service. */
const MOST_AT_ONCE = 500

const { url, path, tokens, rate, durationMs } = workerData as LoadOrder
const agent = new Agent({ connections: 64, pipelining: 1 })
const times: number[] = []
const failures: string[] = []
let [isEnough, isStopped] = [false, false]
let [under, missed] = [0, 0]

parentPort?.on('message', (word: LoadWord) => {
  isEnough = true
  isStopped ||= word === 'stop'
})

async function one(due: number, token: string | undefined): Promise<void> {
  under++
  const problem = await ask(new URL(path, url), token)
  if (problem !== null) failures.push(problem)
  times.push(performance.now() - due)
  under--
}

/** Null for an answer of 2xx with JSON; what it was otherwise. */
async function ask(to: URL, token: string | undefined): Promise<string | null> {
  try {
    const { statusCode, headers, body } = await request(to, {
      dispatcher: agent,
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
    await body.dump()
    const type = String(headers['content-type'] ?? 'no media type')
    if (statusCode < 200 || statusCode > 299) return `${to.pathname} answers ${statusCode}`
    return /json/.test(type) ? null : `${to.pathname} answers ${type}, not JSON`
  } catch (error) {
    return `${to.pathname}: ${(error as Error).message}`
  }
}

async function send(): Promise<Load> {
  const [started, total] = [performance.now(), Math.round((rate * durationMs) / 1000)]
  for (let i = 0; !isStopped && !(isEnough && i >= total); i++) {
    const due = started + (i * 1000) / rate
    if (due > performance.now()) await wait(due - performance.now())
    if (under >= MOST_AT_ONCE) missed++
    else void one(due, tokens[i % tokens.length])
  }
  const elapsedMs = performance.now() - started
  while (under > 0) await wait(5)
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

/** Times of these count for nobody; a failure does. */
async function warmUp(): Promise<void> {
  for (let i = 0; i < WARMING && !isStopped; i++) {
    const problem = await ask(new URL(path, url), tokens[i % tokens.length])
    if (problem !== null) failures.push(problem)
  }
}

await warmUp()
parentPort?.postMessage('begun')
parentPort?.postMessage(await send())
