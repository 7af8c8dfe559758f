import { setTimeout as wait } from 'node:timers/promises'

/**
 * Looks again and again until it is ended. A look that fails is followed by the next, since an API may be away for a
 * moment; the end throws what the last one failed of.
 */
export function keepLooking(look: () => Promise<void>, everyMs: number): () => Promise<void> {
  let problem: unknown = null
  let isOver = false
  const looking = (async () => {
    while (!isOver) {
      problem = await look().then(
        () => null,
        (error: unknown) => error,
      )
      await wait(everyMs)
    }
  })()
  return async () => {
    isOver = true
    await looking
    if (problem) throw problem
  }
}
