import { type OpenApi, readOpenApi } from '#connectors/openapi/index.ts'
import type { Instance } from '#targets/target.ts'
import type { CheckContext } from '../check.ts'
import { probe } from './probe.ts'

/**
 * The OpenAPI document that an instance serves. `problem` where something else is served in its place, such as the page
 * that a catch-all answers with. Throws a ReadingProblem for a document that cannot be used.
 */
export async function openApiOf(
  ctx: CheckContext,
  instance: Instance,
  path: string,
): Promise<
  | { readonly document: OpenApi; readonly problem: null }
  | { readonly document: null; readonly problem: string }
> {
  const answer = await probe(ctx.signal, instance.url, path)
  if (answer.status !== 200) return { document: null, problem: `${path} answers ${answer.status}` }
  if (!/json|yaml/.test(answer.mediaType))
    return {
      document: null,
      problem: `${path} answers ${answer.mediaType || 'no media type'}, no OpenAPI document`,
    }
  return { document: readOpenApi(answer.text, answer.asked.slice(4)), problem: null }
}

type Schema = Readonly<Record<string, unknown>>
export type Described = {
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body: { readonly required: boolean; readonly schema: Schema | null } | null
  /** JSON schemas of the answers by status; null where an answer has none. */
  readonly answers: ReadonlyMap<string, Schema | null>
  readonly isGuarded: boolean
}
export type Parameter = {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: Schema | null
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head']

/** Every operation of the document, its references followed one step. */
export function describedOperations(document: OpenApi): readonly Described[] {
  const root = document as unknown as Schema
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = record((item as Schema)[method])
      if (!operation) return []
      const shared = list((item as Schema).parameters)
      return [describe(root, method, path, operation, shared)]
    }),
  )
}

function describe(
  root: Schema,
  method: string,
  path: string,
  operation: Schema,
  shared: readonly unknown[],
): Described {
  const body = record(follow(root, operation.requestBody))
  const guards = operation.security ?? root.security
  return {
    method: method.toUpperCase(),
    path,
    parameters: [...shared, ...list(operation.parameters)].flatMap((one) =>
      parameterOf(record(follow(root, one))),
    ),
    body: body && { required: body.required === true, schema: jsonSchemaOf(body) },
    answers: new Map(
      Object.entries(record(operation.responses) ?? {}).map(([status, answer]) => [
        status,
        jsonSchemaOf(record(follow(root, answer))),
      ]),
    ),
    isGuarded: Array.isArray(guards) && guards.length > 0,
  }
}

function parameterOf(parameter: Schema | null): Parameter[] {
  if (!parameter) return []
  const { name, required, schema } = parameter
  return [
    { name: String(name), in: String(parameter.in), required: required === true, schema: record(schema) },
  ]
}

function jsonSchemaOf(holder: Schema | null): Schema | null {
  const content = record(holder?.content)
  const type = Object.keys(content ?? {}).find((key) => /^application\/([\w.+-]+\+)?json/.test(key))
  return type === undefined ? null : record(record(content?.[type])?.schema)
}

/** What a `$ref` within the document leads to; everything else is itself. */
export function follow(root: Schema, value: unknown): unknown {
  const reference = record(value)?.$ref
  if (typeof reference !== 'string') return value
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((here, part) => record(here)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], root)
}

const record = (value: unknown): Schema | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : null
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
