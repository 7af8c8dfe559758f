import { z } from 'zod'
import { canonicalJson } from '#core/json.ts'
import { type LogRecord, verifyChain } from '#core/record.ts'
import { type BundleProblem, problemAt } from './bundle-problem.ts'
import { LOG_FILE } from './log-files.ts'

const recordSchema = z.strictObject({
  stream: z.string().min(1),
  seq: z.number().int(),
  at: z.number().int(),
  epoch: z.number().int().nullable(),
  type: z.string().min(1),
  v: z.literal(1),
  data: z.record(z.string(), z.unknown()),
  prev: z.string(),
  hash: z.string(),
})

export const lineOf = (index: number): string => `line ${index + 1}`

/** The records of a log's text and every break in it. Records are null when a line is none. Never throws. */
export function readLog(bytes: Uint8Array): { records: LogRecord[] | null; problems: BundleProblem[] } {
  const text = utf8(bytes)
  if (text === null) return unreadable('', 'is not UTF-8 text')
  if (text.trim() === '') return unreadable('', 'holds no records')
  const problems: BundleProblem[] = []
  if (!text.endsWith('\n')) problems.push(problemAt(LOG_FILE, '', 'is cut off: its last line has no end'))
  const lines = text.replace(/\n$/, '').split('\n')
  const records: LogRecord[] = []
  for (const [index, line] of lines.entries()) {
    const record = readRecord(line)
    if (typeof record === 'string') problems.push(problemAt(LOG_FILE, lineOf(index), record))
    else records.push(record)
  }
  if (records.length < lines.length) return { records: null, problems }
  const breaks = verifyChain(records).map((b) => problemAt(LOG_FILE, lineOf(b.index), b.problem))
  return { records, problems: [...problems, ...breaks] }
}

const unreadable = (place: string, problem: string) => ({
  records: null,
  problems: [problemAt(LOG_FILE, place, problem)],
})

/** A record, or what is wrong with its line. */
function readRecord(line: string): LogRecord | string {
  try {
    const value: unknown = JSON.parse(line)
    const parsed = recordSchema.safeParse(value)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return `is not a record: ${issue?.path.join('.') || 'line'}: ${issue?.message}`
    }
    if (canonicalJson(value) !== line) return 'is not canonical JSON (RFC 8785)'
    return value as LogRecord
  } catch {
    return 'is not JSON'
  }
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
