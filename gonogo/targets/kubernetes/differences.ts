/** What only the cluster writes, and what changes with every write. */
const BESIDES = new Set([
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.uid',
  'metadata.creationTimestamp',
  'status',
])

/** Each value that differs, as `path: before → after`; lists are compared by place. */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (BESIDES.has(path) || JSON.stringify(before) === JSON.stringify(after)) return []
  if (!isBranch(before) && !isBranch(after)) return [`${path}: ${inWords(before)} → ${inWords(after)}`]
  const [left, right] = [isBranch(before) ? before : {}, isBranch(after) ? after : {}]
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])]
  if (keys.length === 0) return [`${path}: ${inWords(before)} → ${inWords(after)}`]
  return keys.flatMap((key) => differences(left[key], right[key], below(path, key, after ?? before)))
}

const isBranch = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const below = (path: string, key: string, parent: unknown): string => {
  if (Array.isArray(parent)) return `${path}[${key}]`
  return path === '' ? key : `${path}.${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)}`
}

const inWords = (value: unknown): string => (value === undefined ? '(nothing)' : JSON.stringify(value))
