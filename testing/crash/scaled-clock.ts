import type { Clock } from '../../gonogo/engine/clock.ts'

/**
 * Time that runs faster from a fixed moment on. A function of the machine's clock alone, so that a process that is killed
 * and started again goes on in the same time.
 */
export function scaledClock(sinceMs: number, factor: number): Clock {
  const now = () => sinceMs + (Date.now() - sinceMs) * factor
  return {
    now: () => Math.round(now()),
    sleepUntil: (untilMs, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const timer = setTimeout(end, Math.max(0, (untilMs - now()) / factor))
        signal.addEventListener('abort', end, { once: true })
        function end() {
          clearTimeout(timer)
          signal.removeEventListener('abort', end)
          resolve()
        }
      }),
  }
}
