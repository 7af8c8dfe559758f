import type { z } from 'zod'
import { nearestOf } from '#core/nearest.ts'
import { quote } from './problem.ts'

type Issue = z.core.$ZodIssue

/** What is wrong with a value, and what it must be: zod's issue as half a sentence. */
export function issueWords(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}, not ${described(value)}`
    case 'invalid_value':
      return oneOfWords(issue.values.map(String), value)
    case 'too_small':
      return `must ${bound(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least')}; it is ${described(value)}`
    case 'too_big':
      return `must ${bound(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most')}; it is ${described(value)}`
    case 'invalid_format':
      return `must be ${formatWords(issue)}; it is ${described(value)}`
    case 'invalid_key':
      return `no such key: ${issue.issues.map((inner) => issueWords(inner, issue.path.at(-1))).join('; ')}`
    case 'invalid_union':
      return unionWords(issue.errors, value)
    default:
      return issue.message
  }
}

/** What is wrong by the way that comes nearest: the one that knows most of the keys and misses least. */
function unionWords(branches: readonly (readonly Issue[])[], value: unknown): string {
  const strange = (branch: readonly Issue[]) =>
    branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0)
  const cost = (branch: readonly Issue[]) => strange(branch) * 100 + branch.length
  const least = Math.min(...branches.map(cost))
  const ways = branches.filter((branch) => cost(branch) === least).map(([issue]) => wayWords(issue, value))
  return [...new Set(ways)].join(', or ')
}

function wayWords(issue: Issue | undefined, value: unknown): string {
  if (!issue) return 'fits none of what is allowed here'
  if (issue.code === 'unrecognized_keys') return `no such key: ${issue.keys.join(', ')}`
  const place = issue.path.map(String).join('.')
  return `${place ? `${place} ` : ''}${issueWords(issue, at(value, issue.path))}`
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((here, key) => (here as Record<PropertyKey, unknown> | undefined)?.[key], value)

function oneOfWords(allowed: readonly string[], value: unknown): string {
  const hint = allowed.length > 1 ? didYouMean(String(value), allowed) : ''
  return `must be ${allowed.join(', ')}; it is ${described(value)}${hint}`
}

export const didYouMean = (word: string, known: readonly string[]): string => {
  const nearest = nearestOf(word, known)
  return nearest ? `; did you mean ${nearest}?` : ''
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of keys',
  record: 'a block of keys',
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a date such as 2026-02-14',
  datetime: 'a date and time with its zone, such as 2026-02-14T09:00:00+01:00',
}

/** A schema's own wording where it has one; zod's begins with "Invalid". */
function formatWords(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (!issue.message.startsWith('Invalid')) return issue.message
  return FORMATS[issue.format] ?? (issue.pattern ? `a text like ${issue.pattern}` : `a ${issue.format}`)
}

function bound(origin: string, limit: number | bigint, how: string): string {
  if (origin === 'string') return `have ${how} ${limit} ${limit === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set')
    return `have ${how} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  return `be ${how} ${limit}`
}

function described(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  return typeof value === 'object' ? 'a block of keys' : quote(value)
}
