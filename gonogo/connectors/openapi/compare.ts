import { apiCompare, type Diff } from 'api-smart-diff'
import { ReadingProblem } from '../reading-problem.ts'
import type { OpenApi } from './schema.ts'

export type ApiChange = {
  /** The path and method of the operation; null for what stands above all operations, such as security. */
  readonly path: string | null
  readonly method: string | null
  readonly breaking: boolean
  /** True when the whole operation is gone. */
  readonly removesOperation: boolean
  readonly what: string
}

/** What changed from one API document to the next, each change called breaking or not, by what a client would notice. */
export function compareOpenApi(before: OpenApi, after: OpenApi): ApiChange[] {
  return differences(before, after)
    .filter((diff) => diff.path[0] !== 'components' || diff.path[1] === 'securitySchemes')
    .filter((diff) => diff.type !== 'annotation')
    .map((diff) => toChange(diff, before, after))
}

function differences(before: OpenApi, after: OpenApi): Diff[] {
  try {
    return apiCompare(structuredClone(before), structuredClone(after)).diffs
  } catch (error) {
    throw new ReadingProblem('wrong-format', 'the API documents', `cannot be compared (${String(error)})`)
  }
}

function toChange(diff: Diff, before: OpenApi, after: OpenApi): ApiChange {
  const [top, path, method] = diff.path
  const isOperation = top === 'paths' && typeof path === 'string' && diff.path.length >= 3
  const place = isOperation && isPathOf(path, before, after) ? path : null
  return {
    path: place,
    method: place !== null && typeof method === 'string' ? method : null,
    breaking: isBreaking(diff),
    removesOperation: isOperation && diff.path.length === 3 && diff.action === 'remove',
    what: `${diff.action} ${diff.path.join(' › ')}`.slice(0, 300),
  }
}

const isPathOf = (path: string, before: OpenApi, after: OpenApi): boolean =>
  path in before.paths || path in after.paths

/**
 * The library's word, corrected where a client reads: a property that is gone from an answer, and an answer's type that
 * is no longer one of those it was, break the clients that read them. A request that takes more types breaks nobody; one
 * that must hold more breaks those that do not send it, declared as a property or not.
 */
function isBreaking(diff: Diff): boolean {
  const inAnswer = diff.path.includes('responses')
  const last = diff.path.at(-1)
  const inside = diff.path.at(-2)
  if (inAnswer && inside === 'properties' && diff.action === 'remove') return true
  if (last === 'additionalProperties' && !inAnswer && diff.after === false) return true
  if (diff.path[0] === 'components' && diff.action === 'add') return false
  if (isSecurity(diff.path)) return !(diff.action === 'add' && typeof last === 'number' && last > 0)
  if (inside === 'required' && diff.path.includes('schema'))
    return diff.action !== (inAnswer ? 'add' : 'remove')
  if (last === 'type' && diff.path.includes('schema')) {
    const [from, to] = [typesOf(diff.before), typesOf(diff.after)]
    return inAnswer ? !accepts(from, to) : !accepts(to, from)
  }
  return diff.type === 'breaking'
}

/** What callers must show; only one more way beside those there are breaks nobody. */
const isSecurity = (path: Diff['path']): boolean =>
  path[0] === 'security' || (path[0] === 'paths' && path[3] === 'security')

/** No type at all means every type. */
const typesOf = (value: unknown): string[] | null => {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.map(String) : null
}

/** True when whoever takes `wide` takes everything in `narrow`. */
function accepts(wide: string[] | null, narrow: string[] | null): boolean {
  if (wide === null) return true
  if (narrow === null) return false
  return narrow.every((type) => wide.includes(type) || (type === 'integer' && wide.includes('number')))
}
