import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

/**
 * The log of one process: a JSON object a line, level as a word, ISO time, and on every line which version and
 * instance wrote it. Secrets never reach it, because requests are logged by chosen fields, not whole.
 * @param destination stdout unless a test reads the lines
 */
export function createLog(
  identity: { component: string; version: string; instance: string; level: string },
  destination?: DestinationStream,
): Log {
  const { level, ...base } = identity
  const options = {
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return destination ? pino(options, destination) : pino(options)
}
