import { sha256 } from '#core/json.ts'
import type { LogRecord } from '#core/record.ts'
import { type BundleProblem, problemAt } from './bundle-problem.ts'
import { isObject } from './log-contents.ts'

export const SAMPLES_FILE = 'samples.jsonl'

/**
 * Compares the raw samples with the digests that the log sealed them by: SHA-256 over the lines, joined by line ends,
 * from the first at `fromMs` on. Samples between two seals (before a crash) are sealed by nothing and may be there.
 */
export function verifySamples(records: readonly LogRecord[], text: string): BundleProblem[] {
  const lines = text.split('\n').filter((line) => line !== '')
  const times = lines.map(timeOf)
  const unreadable = times.indexOf(null)
  if (unreadable >= 0) return [problemAt(SAMPLES_FILE, `line ${unreadable + 1}`, 'is not a sample')]
  let next = 0
  return records.flatMap(({ type, seq, data }) => {
    if (type !== 'samplesSealed' || !isObject(data)) return []
    // In the order of the log, not of time: the clock may have been set back in between.
    const from = times.findIndex((time, line) => line >= next && time === Number(data.fromMs))
    if (from >= 0) next = from + Number(data.count)
    const sealed = from < 0 ? [] : lines.slice(from, from + Number(data.count))
    if (sha256(sealed.join('\n')) === data.digest) return []
    const place = from < 0 ? '' : `lines ${from + 1} to ${from + sealed.length}`
    return [problemAt(SAMPLES_FILE, place, `is not what record ${seq} of the log sealed`)]
  })
}

function timeOf(line: string): number | null {
  try {
    const sample: unknown = JSON.parse(line)
    return isObject(sample) && typeof sample.atMs === 'number' ? sample.atMs : null
  } catch {
    return null
  }
}
