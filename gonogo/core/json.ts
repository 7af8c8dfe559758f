import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** RFC 8785 (JCS) text: the one byte sequence of a JSON value, so that digests of it can be compared. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}

/** The same with every half of a surrogate pair, as cutting a text leaves it, replaced: canonical JSON has none. */
export function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed() as T
  if (Array.isArray(value)) return value.map(wellFormed) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  ) as T
}

/** `sha256:…` (hex) of a JSON value's canonical text. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value))

/** `sha256:…` (hex) of bytes or UTF-8 text. */
export const sha256 = (bytes: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`
