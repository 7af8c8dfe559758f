import { parse } from 'yaml'
import { decodeText } from '../evidence-file/index.ts'
import { matching, readJson } from '../evidence-file/structured-text.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { type OpenApi, openApiSchema } from './schema.ts'

export { type ApiChange, compareOpenApi } from './compare.ts'
export type { OpenApi }

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
const MAX_BYTES = 16 * 1024 * 1024
const LIMIT_MS = 10_000
const MAX_DEPTH = 200

/** Reads an OpenAPI 3 document, JSON or YAML. One without operations, or with references that lead nowhere, is a problem. */
export function readOpenApi(text: string, source: string): OpenApi {
  const document = text.trimStart().startsWith('{')
    ? readJson(text, openApiSchema, source, 'an OpenAPI 3 document')
    : matching(parseYaml(text, source), openApiSchema, source, 'an OpenAPI 3 document')
  if (operationsOf(document).length === 0) throw new ReadingProblem('empty', source, 'has no operation')
  assertReferences(document, document, source, new Set())
  return document
}

/** Asks an instance for its document. */
export async function fetchOpenApi(url: string, signal: AbortSignal): Promise<OpenApi> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
  try {
    const response = await fetch(url, { signal: limit, redirect: 'error' })
    if (!response.ok) throw new ReadingProblem('unreachable', url, `answers ${response.status}`)
    return readOpenApi(decodeText(await readBody(response, url), url), url)
  } catch (error) {
    if (error instanceof ReadingProblem) throw error
    throw new ReadingProblem(
      'unreachable',
      url,
      `does not answer (${error instanceof Error ? error.message : error})`,
    )
  }
}

async function readBody(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw new ReadingProblem('too-large', url, `is more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export type Operation = { readonly path: string; readonly method: string; readonly deprecated: boolean }

export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => isObject(item[method])).map((method) => ({
      path,
      method,
      deprecated: (item[method] as { deprecated?: unknown }).deprecated === true,
    })),
  )
}

function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, logLevel: 'error' })
  } catch {
    throw new ReadingProblem('wrong-format', source, 'is neither JSON nor YAML')
  }
}

/** A reference that cannot be followed would hide every change behind it. */
function assertReferences(node: unknown, root: OpenApi, source: string, seen: Set<unknown>, depth = 0): void {
  if (!isObject(node) || seen.has(node)) return
  if (depth > MAX_DEPTH) throw new ReadingProblem('wrong-format', source, 'is nested too deep')
  seen.add(node)
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref' && typeof value === 'string' && !leadsSomewhere(value, root))
      throw new ReadingProblem('cut-off', source, `its reference ${value} leads nowhere in the document`)
    assertReferences(value, root, source, seen, depth + 1)
  }
}

function leadsSomewhere(reference: string, root: OpenApi): boolean {
  if (!reference.startsWith('#/')) return false
  let at: unknown = root
  for (const part of reference.slice(2).split('/')) {
    const key = decodeURIComponent(part.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))
      .replaceAll('~1', '/')
      .replaceAll('~0', '~')
    if (!isObject(at) || !Object.hasOwn(at, key)) return false
    at = at[key]
  }
  return true
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
