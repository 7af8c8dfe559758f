/** Aborted when someone asks this process to end (Ctrl-C, SIGTERM); a second time ends it at once, as everywhere. */
export function interrupted(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}
