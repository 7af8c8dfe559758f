/** Time as the engine sees it. Tests inject one that they move themselves. */
export interface Clock {
  /** Epoch ms. */
  now(): number
  /** Resolves at `untilMs` or when the signal aborts, whichever is first. Never rejects. */
  sleepUntil(untilMs: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleepUntil: (untilMs, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      // setTimeout takes 2^31-1 ms at most; whoever waits longer is woken and asks again.
      const timer = setTimeout(end, Math.min(Math.max(untilMs - Date.now(), 0), 2_000_000_000))
      signal.addEventListener('abort', end, { once: true })
    }),
}
