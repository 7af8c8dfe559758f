import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { ReadingProblem } from '../reading-problem.ts'

const MAX_BYTES = 64 * 1024 * 1024
const MAX_UNPARSED = 20

/** One structured line. Levels by pino's and syslog's names; numbers as pino's (50 is error). */
export type LogLine = {
  readonly level: string
  /** Epoch ms; null when the line names no time. */
  readonly atMs: number | null
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type LogLines = {
  readonly lines: readonly LogLine[]
  /** Lines that are no JSON object, the first twenty: what a crash writes to stderr. */
  readonly unparsed: readonly string[]
}

/**
 * The lines of a JSON log since a moment (epoch ms); lines without a time count. At most 64 MiB are read. Throws a
 * ReadingProblem when the file cannot be read or is longer.
 */
export async function readLogLines(file: string, sinceMs = 0, signal?: AbortSignal): Promise<LogLines> {
  const lines: LogLine[] = []
  const unparsed: string[] = []
  const stream = createReadStream(file, { encoding: 'utf8', signal, end: MAX_BYTES })
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (text.trim() === '') continue
      const line = parseLogLine(text)
      if (line === null && unparsed.length < MAX_UNPARSED) unparsed.push(text)
      if (line && (line.atMs === null || line.atMs >= sinceMs)) lines.push(line)
    }
  } catch (error) {
    throw new ReadingProblem('missing', file, `cannot be read: ${(error as Error).message}`)
  }
  if (stream.bytesRead > MAX_BYTES) throw new ReadingProblem('too-large', file, 'is longer than 64 MiB')
  return { lines, unparsed }
}

const NUMBERED: readonly (readonly [number, string])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
]

/** A line as JSON; null when it is something else. */
export function parseLogLine(text: string): LogLine | null {
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return null
  const record = fields as Record<string, unknown>
  const time = record.time ?? record.timestamp ?? record.ts ?? record['@timestamp']
  const atMs = typeof time === 'number' ? time : Date.parse(String(time))
  const message = String(record.msg ?? record.message ?? '')
  return { level: levelOf(record), atMs: Number.isFinite(atMs) ? atMs : null, message, fields: record }
}

export const isErrorLevel = ({ level }: LogLine): boolean =>
  ['error', 'err', 'fatal', 'critical', 'crit', 'alert', 'emerg', 'panic'].includes(level)

function levelOf(record: Readonly<Record<string, unknown>>): string {
  const level = record.level ?? record.severity
  if (typeof level === 'number') return NUMBERED.find(([least]) => level >= least)?.[1] ?? 'trace'
  return String(level ?? 'info').toLowerCase()
}
