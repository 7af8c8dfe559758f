import { isMap, isSeq, LineCounter, parseDocument } from 'yaml'
import { formatKey, type KeyPath, type Problem } from './problem.ts'
import { nameOf, type Refusal, refusals, startOf } from './refusals.ts'

export type Position = { readonly line: number; readonly column: number }

/** A parsed YAML document that still knows where everything stands. */
export type Source = {
  readonly file: string
  readonly value: unknown
  /** Where a key or list entry stands; the nearest one above where it does not exist. */
  positionOf(path: KeyPath): Position
  has(path: KeyPath): boolean
  problemAt(path: KeyPath, code: string, message: string): Problem
}

type Parsed =
  | { readonly ok: true; readonly source: Source }
  | { readonly ok: false; readonly problems: readonly Problem[] }

type At = (offset: number) => Position

/** Parses one YAML 1.2 document without aliases. Never throws. */
export function parseSource(file: string, text: string): Parsed {
  const lines = new LineCounter()
  const at: At = (offset) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  try {
    return parse(file, text, lines, at)
  } catch (error) {
    // The parser throws on hostile nesting (its stack ends), never on a file that a person would write.
    const why = error instanceof RangeError ? TOO_DEEP : 'this is not YAML; write plain keys and values'
    return refused(file, [{ offset: 0, code: 'yaml-broken', message: why }], at)
  }
}

const TOO_DEEP = 'nested too deeply to be read; flatten it'

function parse(file: string, text: string, lineCounter: LineCounter, at: At): Parsed {
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  })
  // After the first break of the syntax the rest is guesswork.
  const [first] = [...document.errors, ...document.warnings]
  if (first) {
    const broken = {
      offset: first.pos[0],
      code: 'yaml-broken',
      message: brokenWords(first.code, first.message),
    }
    return refused(file, [broken], at)
  }
  const found = refusals(document.contents)
  if (found.length > 0) return refused(file, found, at)
  const source = sourceOf(file, document.contents, document.toJS({ maxAliasCount: 0 }), at)
  return { ok: true, source }
}

const refused = (file: string, places: readonly Refusal[], at: At): Parsed => ({
  ok: false,
  problems: places.map(({ offset, code, key = '', message }) => {
    return { code, file, ...at(offset), key: key === '' ? '' : formatKey([key]), message }
  }),
})

function brokenWords(code: string, message: string): string {
  if (message.includes('call stack')) return TOO_DEEP
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; one file holds one document'
  if (code === 'TAB_AS_INDENT') return 'a tab is used for indentation; use spaces'
  return `broken YAML: ${message.replace(/\.$/, '')}; correct the line`
}

function sourceOf(file: string, contents: unknown, value: unknown, at: At): Source {
  const positionOf = (path: KeyPath) => at(offsetOf(contents, path).offset)
  return {
    file,
    value,
    positionOf,
    has: (path) => offsetOf(contents, path).depth === path.length,
    problemAt: (path, code, message) => ({ code, file, ...positionOf(path), key: formatKey(path), message }),
  }
}

/** How far a path leads into the document, and where its last existing key or entry begins. */
function offsetOf(contents: unknown, path: KeyPath): { offset: number; depth: number } {
  let node = contents
  let offset = startOf(node)
  for (const [depth, key] of path.entries()) {
    const step = stepInto(node, key)
    if (!step) return { offset, depth }
    node = step.value
    offset = step.offset
  }
  return { offset, depth: path.length }
}

function stepInto(node: unknown, key: string | number): { value: unknown; offset: number } | null {
  if (isMap(node)) {
    const pair = node.items.find((item) => nameOf(item.key) === String(key))
    return pair ? { value: pair.value, offset: startOf(pair.key) } : null
  }
  const entry = isSeq(node) && typeof key === 'number' ? node.items[key] : undefined
  return entry === undefined ? null : { value: entry, offset: startOf(entry) }
}
