import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { ROUTER_PORT } from '../../testing/kubernetes/places.ts'

const RATE = 100
const EVERY_MS = 1000 / RATE
/** A user who waited this long is counted as having had a slow answer. */
const SLOW_MS = 2000
const PATIENCE_MS = 10_000
const CONNECTIONS = 512

/** What users met since the count began. Times are epoch ms at which a request was sent. */
export type Seen = {
  readonly sent: number
  readonly answered: number
  readonly failed: number
  readonly slow: number
  /** Failed because of the upstream: the fault of no contender, and not among `failed`. */
  readonly ofIncident: number
  /** What failed, by version and status, for whoever asks why. */
  readonly why: Readonly<Record<string, number>>
  readonly firstCanaryAtMs: number | null
  readonly lastCanaryAtMs: number | null
}

export type Load = {
  readonly seen: Seen
  /** Counts from now on. */
  begin(canary: string): void
  pause(): void
  resume(): void
  stop(): Promise<void>
}

type Counted = { -readonly [Key in keyof Seen]: Seen[Key] } & { why: Record<string, number> }
const nothing = (): Counted => ({
  sent: 0,
  answered: 0,
  failed: 0,
  slow: 0,
  ofIncident: 0,
  why: {},
  firstCanaryAtMs: null,
  lastCanaryAtMs: null,
})

/** 100 requests a second to one host behind the router, whether the ones before were answered or not. */
export function startLoad(host: string): Load {
  const pool = new Pool(`http://127.0.0.1:${ROUTER_PORT}`, { connections: CONNECTIONS, pipelining: 1 })
  const underWay = new Set<Promise<void>>()
  let seen = nothing()
  let canary = ''
  let isPaused = false
  let hasEnded = false

  const ask = async (counted: Counted): Promise<void> => {
    const sentAtMs = Date.now()
    counted.sent++
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const answer = await pool
      .request({ path: '/', method: 'GET', headers: { host }, signal })
      .then(async ({ statusCode, headers, body }) => {
        await body.dump()
        return {
          statusCode,
          version: String(headers['x-version'] ?? 'none'),
          isIncident: 'x-incident' in headers,
        }
      })
      .catch((error: Error) => ({ statusCode: 0, version: error.name, isIncident: false }))
    counted.answered++
    if (answer.version === canary) {
      counted.firstCanaryAtMs = Math.min(counted.firstCanaryAtMs ?? sentAtMs, sentAtMs)
      counted.lastCanaryAtMs = Math.max(counted.lastCanaryAtMs ?? sentAtMs, sentAtMs)
    }
    if (answer.isIncident) counted.ofIncident++
    else if (answer.statusCode !== 200) {
      counted.failed++
      const why = `${answer.version} ${answer.statusCode}`
      counted.why[why] = (counted.why[why] ?? 0) + 1
    } else if (Date.now() - sentAtMs >= SLOW_MS) counted.slow++
  }

  const send = async (): Promise<void> => {
    let dueAt = performance.now()
    while (!hasEnded) {
      dueAt += EVERY_MS
      await wait(Math.max(0, dueAt - performance.now()))
      if (isPaused) continue
      const asked = ask(seen).finally(() => underWay.delete(asked))
      underWay.add(asked)
    }
  }
  const sending = send()
  return {
    get seen() {
      return seen
    },
    begin: (version) => {
      canary = version
      seen = nothing()
    },
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
    },
    stop: async () => {
      hasEnded = true
      await sending
      await Promise.all(underWay)
      await pool.close()
    },
  }
}
