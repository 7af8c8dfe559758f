import { readFileSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { didYouMean, issueWords } from './issue-words.ts'
import { knownKeys } from './known-keys.ts'
import { inFileOrder, type KeyPath, type Problem } from './problem.ts'
import { parseSource, type Source } from './source.ts'

const MAX_BYTES = 1_000_000
/** So many problems are shown; the rest follow from them more often than not. */
const MAX_PROBLEMS = 50

export type Read<T> =
  | { readonly ok: true; readonly value: T; readonly source: Source }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Reads a YAML file of at most 1 MB and checks it by a schema. What is wrong comes back as problems; it never throws. */
export function readYamlFile<T>(path: string, schema: z.ZodType<T>): Read<T> {
  const text = readText(path)
  if (typeof text !== 'string') return { ok: false, problems: [text] }
  return readYamlText(path, text, schema)
}

/** The same for a text that was read elsewhere; `file` is the name in the problems. */
export function readYamlText<T>(file: string, text: string, schema: z.ZodType<T>): Read<T> {
  const parsed = parseSource(file, text)
  if (!parsed.ok) return { ok: false, problems: parsed.problems.slice(0, MAX_PROBLEMS) }
  const checked = checkBlock(parsed.source, [], schema)
  return checked.ok ? { ok: true, value: checked.value, source: parsed.source } : checked
}

/** Checks the part of a document below a path by a schema of its own, such as one check's block. */
export function checkBlock<T>(
  source: Source,
  path: KeyPath,
  schema: z.ZodType<T>,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] } {
  const value = valueAt(source.value, path)
  if (path.length === 0 && (value === null || value === undefined))
    return { ok: false, problems: [source.problemAt([], 'file-empty', 'the file is empty; write its keys')] }
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  const problems = result.error.issues
    .slice(0, MAX_PROBLEMS)
    .flatMap((issue) => problemsOf(issue, source, path, schema))
  return { ok: false, problems: inFileOrder(problems).slice(0, MAX_PROBLEMS) }
}

function problemsOf(issue: z.core.$ZodIssue, source: Source, base: KeyPath, schema: z.ZodType): Problem[] {
  const inner = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  const path = [...base, ...inner]
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, inner)
    return issue.keys
      .slice(0, MAX_PROBLEMS)
      .map((key) =>
        source.problemAt(
          [...path, key],
          'key-unknown',
          `no such key${didYouMean(key, known) || remedy(known)}`,
        ),
      )
  }
  if (path.length > 0 && !source.has(path)) {
    const what = issue.code === 'custom' ? issue.message : 'is missing; add it'
    return [source.problemAt(path, 'key-missing', what)]
  }
  return [source.problemAt(path, 'value-wrong', issueWords(issue, valueAt(source.value, path)))]
}

const remedy = (known: readonly string[]): string =>
  known.length > 0 ? `; remove it, or use one of ${known.join(', ')}` : '; remove it'

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (here, key) =>
      typeof here === 'object' && here !== null && Object.hasOwn(here, key)
        ? (here as Record<string, unknown>)[key]
        : undefined,
    value,
  )
}

function readText(path: string): string | Problem {
  const problem = (code: string, message: string): Problem => ({
    code,
    file: path,
    line: null,
    column: null,
    key: '',
    message,
  })
  try {
    const stat = statSync(path)
    if (!stat.isFile()) return problem('file-unreadable', 'is not a file; name a YAML file')
    if (stat.size > MAX_BYTES)
      return problem('file-too-large', `has ${stat.size} bytes; at most ${MAX_BYTES} are read, shorten it`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return problem('file-missing', 'there is no such file; create it, or name another')
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return problem('file-unreadable', 'is not UTF-8 text; save it as UTF-8')
    return problem(
      'file-unreadable',
      `cannot be read (${code ?? 'unknown error'}); check its name and permissions`,
    )
  }
}
