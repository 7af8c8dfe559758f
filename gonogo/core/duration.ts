import { z } from 'zod'

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a text such as `15m`, `90s`, `24h`, `500ms`, `7d`; null when it is not one. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  if (!match) return null
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
}

/** `15m` → milliseconds, as a schema for the YAML files. */
export const durationSchema = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration such as 500ms, 90s, 15m, 24h or 7d')
  .transform((text) => parseDurationMs(text) ?? 0)

/** A moment as people read it: immutable, to the second, with its zone. */
export const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Shortest exact-enough wording: `14 s`, `2 min`, `1.5 h`, `3 d`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${trim(ms / 1000)} s`
  if (ms < 2 * 3_600_000) return `${trim(ms / 60_000)} min`
  if (ms < 48 * 3_600_000) return `${trim(ms / 3_600_000)} h`
  return `${trim(ms / 86_400_000)} d`
}

const trim = (n: number) => String(Math.round(n * 10) / 10)
