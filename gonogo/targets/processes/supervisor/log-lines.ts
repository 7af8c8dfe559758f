import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const LINES = 8
const BYTES = 4096

/** The last lines of a log, or an empty text when there is none to read. */
export function lastLines(path: string): string {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const buffer = Buffer.alloc(Math.min(size, BYTES))
      readSync(file, buffer, 0, buffer.length, size - buffer.length)
      return buffer.toString('utf8').trimEnd().split('\n').slice(-LINES).join('\n')
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}
