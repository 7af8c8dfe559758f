import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { CheckContext } from '../check.ts'

/** Requests of users, as the thread that sends them is told. */
export type LoadOrder = {
  readonly url: string
  readonly path: string
  readonly tokens: readonly string[]
  /** Requests a second. */
  readonly rate: number
  readonly durationMs: number
}

/** `enough`: nothing is sent after the duration; `stop`: nothing from now on. */
export type LoadWord = 'enough' | 'stop'

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

type Wanted = Pick<LoadOrder, 'rate' | 'durationMs'> & {
  /** Begun once requests are sent; the load goes on until it has come to an end, whichever, and for `durationMs` at least. */
  readonly meanwhile?: (() => Promise<unknown>) | undefined
}

const WORKER = new URL('./load-worker.ts', import.meta.url)

/**
 * A steady load: `rate` requests a second for `durationMs`, each sent when it is due, whatever became of the ones before
 * (an open loop: a slow service does not slow the load). Response times are counted from when a request was due, by a
 * thread that does nothing else: what this process is busy with is not the service's doing.
 */
export async function applyLoad(
  ctx: CheckContext,
  url: string,
  path: string,
  tokens: readonly string[],
  { rate, durationMs, meanwhile }: Wanted,
): Promise<Load> {
  const order: LoadOrder = { url, path, tokens, rate, durationMs }
  const worker = new Worker(WORKER, { workerData: order })
  const tell = (word: LoadWord) => worker.postMessage(word)
  const stop = () => tell('stop')
  ctx.signal.addEventListener('abort', stop, { once: true })
  if (ctx.signal.aborted) stop()
  try {
    await once(worker, 'message')
    // Whether it ended well is for whoever began it.
    void Promise.allSettled([meanwhile?.()]).then(() => tell('enough'))
    const [load] = (await once(worker, 'message')) as [Load]
    return load
  } finally {
    ctx.signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}
