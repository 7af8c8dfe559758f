import { isAlias, isCollection, isMap, isNode, isScalar, type Node, visit, type YAMLMap } from 'yaml'

/** Deeper nesting than any file of ours has; what lies below it is refused before it can exhaust the stack. */
const MAX_DEPTH = 40
const MAX_DUPLICATES = 20

/** A place in a text that is YAML, and that we do not take. */
export type Refusal = {
  readonly offset: number
  readonly code: string
  readonly key?: string
  readonly message: string
}

/**
 * Aliases (they can blow a small file up to any size, and nothing of ours needs them), hostile nesting, and keys that stand
 * twice. The parser's own search for those compares each key with every other, which a long file turns into minutes.
 */
export function refusals(contents: unknown): readonly Refusal[] {
  const found: Refusal[] = []
  visit(contents as Node, (_key, node, path) => {
    const offset = startOf(node)
    if (isAlias(node)) {
      found.push({
        offset,
        code: 'yaml-alias',
        message: `the alias *${node.source} is refused; write the value out`,
      })
      return visit.BREAK
    }
    if (path.filter((above) => isCollection(above)).length > MAX_DEPTH) {
      found.push({
        offset,
        code: 'yaml-broken',
        message: `nested deeper than ${MAX_DEPTH} levels; flatten it`,
      })
      return visit.BREAK
    }
    if (isMap(node) && found.length < MAX_DUPLICATES) found.push(...duplicates(node))
    return undefined
  })
  return found
}

function duplicates(map: YAMLMap): Refusal[] {
  const seen = new Set<string>()
  return map.items.flatMap(({ key }) => {
    const name = nameOf(key)
    if (name === null) return []
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const message = 'this key stands here a second time; keep one of the two'
    return [{ offset: startOf(key), code: 'yaml-duplicate-key', key: name, message }]
  })
}

/** A key as the value that is read has it; null for a key that is itself a collection. */
export const nameOf = (key: unknown): string | null => (isScalar(key) ? String(key.value ?? '') : null)

export const startOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0)
