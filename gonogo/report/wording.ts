import { formatDuration } from '#core/duration.ts'

/** An instant as the report's JSON holds it. */
export const iso = (ms: number): string => new Date(ms).toISOString()

/** An instant as people read it: immutable, to the second, with its zone. */
export const utc = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`

/** The clock part alone, for places that say the day elsewhere. */
export const clock = (instant: string): string => `${instant.slice(11, 19)}Z`

/** `14:02:12–14:58:02`, with the day once where both share it. */
export function utcSpan(from: string, to: string): string {
  if (from.slice(0, 10) !== to.slice(0, 10)) return `${utc(from)} to ${utc(to)}`
  return `${from.slice(0, 10)} ${from.slice(11, 19)} to ${to.slice(11, 19)} UTC`
}

export const duration = (ms: number): string => formatDuration(ms)

/** A share 0…1 as per cent, with two digits so that 0.04 % is not shown as nothing. */
export const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`

/** A histogram bucket as the report says it: the bound that was not exceeded, never a number within the bucket. */
export function bucket(bounds: readonly [number, number | null]): string {
  const [over, upTo] = bounds
  return upTo === null ? `> ${thousands(over)} ms` : `≤ ${thousands(upTo)} ms`
}

/** Digits in threes, the same on every machine. */
export const thousands = (n: number): string => {
  const [whole = '', rest] = String(n).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
  return rest === undefined ? grouped : `${grouped}.${rest}`
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${thousands(count)} ${count === 1 ? one : many}`

/** Enough of a digest to tell it from others on sight. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12)
