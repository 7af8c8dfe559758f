import { resolve } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { request } from 'undici'
import type { ZodType } from 'zod'
import { z } from 'zod'
import { ReadingProblem } from '../reading-problem.ts'
import { kubeConfig } from './kube-config.ts'
import { type Metadata, objectSchema } from './schema.ts'
import { reachOf } from './transport.ts'

const PAGE = 500
const MOST_PAGES = 200
const LIMIT_MS = 30_000

/** How a cluster is reached: as in a service file's target, or as another identity. */
export type Connection = {
  /** Relative paths start here. */
  readonly root: string
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

/** Reading of a cluster's API as one identity. Everything throws a ReadingProblem that names what could not be read. */
export type Cluster = {
  readonly server: string
  /** An object by its path; the schema says what is wanted of it. */
  get<T>(path: string, schema: ZodType<T>): Promise<T>
  /** Null where there is no such object. */
  find<T>(path: string, schema: ZodType<T>): Promise<T | null>
  /** Metadata alone: of a Secret no value is sent. Null where there is no such object. */
  findMetadata(path: string): Promise<Metadata | null>
  /** Every object of a collection, page by page; a list that ends early is a problem, not a short list. */
  list<T>(path: string, schema: ZodType<T>, options?: ListOptions): Promise<T[]>
  text(path: string): Promise<string>
  create<T>(path: string, body: object, schema: ZodType<T>): Promise<T>
  /** What a server-side apply as gonogo would make of an object; nothing is changed. */
  dryRun<T>(path: string, body: object, schema: ZodType<T>): Promise<T>
  /** What a JSON patch would make of an object; nothing is changed. */
  dryRunPatch<T>(path: string, operations: readonly object[], schema: ZodType<T>): Promise<T>
  /** What would be made; nothing is. */
  dryRunCreate<T>(path: string, body: object, schema: ZodType<T>): Promise<T>
  /** Harmless where there is none. */
  remove(path: string): Promise<void>
}

export type ListOptions = {
  readonly selector?: string
}

const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Throws a ReadingProblem where the kubeconfig cannot be used. */
export function openCluster({ root, kubeconfig, context }: Connection, signal?: AbortSignal): Cluster {
  const source = kubeconfig ?? 'the kubeconfig'
  let config: KubeConfig
  try {
    config = kubeConfig(kubeconfig ? resolve(root, kubeconfig) : null, context ?? null)
  } catch (error) {
    throw new ReadingProblem('missing', source, (error as Error).message)
  }
  const server = config.getCurrentCluster()?.server ?? ''
  const call = caller(config, server, signal)
  const parse = <T>(path: string, text: string, schema: ZodType<T>): T => {
    const parsed = schema.safeParse(jsonOf(text))
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new ReadingProblem(
      'wrong-format',
      `${server}${path}`,
      `${issue?.path.join('.')}: ${issue?.message}`,
    )
  }
  const find = async <T>(path: string, schema: ZodType<T>): Promise<T | null> => {
    const text = await call('GET', path)
    return text === null ? null : parse(path, text, schema)
  }
  const text = async (path: string): Promise<string> => found(server, path, await call('GET', path))
  return {
    server,
    find,
    text,
    findMetadata: async (path) => {
      const told = await call('GET', path, { accept: METADATA_ONLY })
      return told === null ? null : parse(path, told, objectSchema).metadata
    },
    get: async (path, schema) => parse(path, await text(path), schema),
    list: (path, schema, options) => listAll(path, schema, options ?? {}, call, parse, server),
    create: async (path, body, schema) =>
      parse(path, found(server, path, await call('POST', path, { body })), schema),
    dryRun: async (path, body, schema) => {
      const asked = { body, contentType: 'application/apply-patch+yaml' }
      const told = await call('PATCH', `${path}?${DRY_RUN}&force=true`, asked)
      return parse(path, found(server, path, told), schema)
    },
    dryRunPatch: async (path, operations, schema) => {
      const asked = { body: operations, contentType: 'application/json-patch+json' }
      return parse(path, found(server, path, await call('PATCH', `${path}?${DRY_RUN}`, asked)), schema)
    },
    dryRunCreate: async (path, body, schema) =>
      parse(path, found(server, path, await call('POST', `${path}?${DRY_RUN}`, { body })), schema),
    remove: async (path) => void (await call('DELETE', path)),
  }
}

const found = (server: string, path: string, text: string | null): string => {
  if (text !== null) return text
  throw new ReadingProblem('missing', server, `there is no ${path}`)
}

const DRY_RUN = 'dryRun=All&fieldManager=gonogo'

type Asked = { readonly body?: object; readonly accept?: string; readonly contentType?: string }
type Call = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  asked?: Asked,
) => Promise<string | null>

async function listAll<T>(
  path: string,
  schema: ZodType<T>,
  { selector }: ListOptions,
  call: Call,
  parse: <P>(path: string, text: string, schema: ZodType<P>) => P,
  server: string,
): Promise<T[]> {
  const page = z.object({
    metadata: z.object({ continue: z.string().optional() }).prefault({}),
    items: z.array(schema),
  })
  const all: T[] = []
  let from = ''
  for (let n = 0; n < MOST_PAGES; n++) {
    const query = new URLSearchParams({
      limit: String(PAGE),
      ...(selector && { labelSelector: selector }),
      ...(from && { continue: from }),
    })
    const text = found(server, path, await call('GET', `${path}?${query}`))
    const { metadata, items } = parse(path, text, page)
    all.push(...items)
    from = metadata.continue ?? ''
    if (!from) return all
  }
  throw new ReadingProblem('too-large', `${server}${path}`, `has more than ${PAGE * MOST_PAGES} objects`)
}

function caller(config: KubeConfig, server: string, signal: AbortSignal | undefined): Call {
  const reach = reachOf(config)
  return async (
    method,
    path,
    { body, accept = 'application/json', contentType = 'application/json' } = {},
  ) => {
    // What was made is taken away, also by a check that is ended.
    const until = method === 'DELETE' ? undefined : signal
    let answer: { status: number; text: string }
    try {
      const { dispatcher, headers } = await reach()
      const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(until ? [until] : [])])
      const { statusCode, body: read } = await request(`${server}${path}`, {
        method,
        dispatcher,
        headers: { ...headers, accept, 'content-type': contentType },
        ...(body && { body: JSON.stringify(body) }),
        signal: limit,
      })
      answer = { status: statusCode, text: await read.text() }
    } catch (error) {
      until?.throwIfAborted()
      throw new ReadingProblem('unreachable', server, `cannot be asked: ${(error as Error).message}`)
    }
    return usable(answer, method, `${server}${path}`)
  }
}

function usable({ status, text }: { status: number; text: string }, method: string, source: string) {
  if (status === 404) return null
  if (status < 300) return text
  const said = (jsonOf(text) as { message?: string } | null)?.message ?? `the API answered ${status}`
  const [code, why] =
    status === 401 || status === 403
      ? (['forbidden', `this identity may not ${method} it: ${said}`] as const)
      : (['unreachable', said] as const)
  throw new ReadingProblem(code, source.split('?')[0] ?? source, why)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
