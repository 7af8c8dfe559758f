import { CheckProblem } from '../check.ts'

const DEFAULT_TIMEOUT_MS = 5000
const MAX_BODY_BYTES = 4 * 1024 * 1024

export type ProbeRequest = {
  readonly method?: string
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Objects are sent as JSON, with its content type; text and bytes as they are, with none. */
  readonly body?: string | Uint8Array | object
  readonly timeoutMs?: number
}

export type Answer = {
  /** What was asked, without any secret: `GET http://127.0.0.1:4711/health`. */
  readonly asked: string
  readonly status: number
  readonly headers: Headers
  /** Media type without parameters, lower case; empty when the answer names none. */
  readonly mediaType: string
  readonly text: string
  readonly durationMs: number
}

/** No answer within the time limit: a hang, which some checks call a failure and others cannot judge. */
export class NoAnswer extends CheckProblem {}

/**
 * One request to a running instance. Redirects are answers, not followed. Throws NoAnswer when nothing comes within
 * `timeoutMs`, a CheckProblem when there is no connection or the answer breaks off.
 */
export async function probe(
  signal: AbortSignal,
  base: string,
  path: string,
  request: ProbeRequest = {},
): Promise<Answer> {
  const url = new URL(path, base)
  const method = request.method ?? 'GET'
  const asked = `${method} ${url.origin}${url.pathname}`
  const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const timeout = AbortSignal.timeout(timeoutMs)
  const started = performance.now()
  try {
    const response = await fetch(url, {
      method,
      headers: headersOf(request),
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
      ...bodyOf(request),
    })
    const text = await readText(response)
    const mediaType = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    const { status, headers } = response
    return { asked, status, headers, mediaType, text, durationMs: performance.now() - started }
  } catch (error) {
    if (timeout.aborted) throw new NoAnswer(`${asked}: no answer within ${timeoutMs} ms`)
    throw new CheckProblem(`${asked}: ${reasonOf(error)}`)
  }
}

/** The body of an answer that must be JSON; null when it is not, whatever its status says. */
export function jsonOf(answer: Answer): unknown {
  if (!/^application\/([\w.+-]+\+)?json$/.test(answer.mediaType)) return null
  try {
    return JSON.parse(answer.text)
  } catch {
    return null
  }
}

function headersOf({ token, headers, body }: ProbeRequest): Record<string, string> {
  const isObject = typeof body === 'object' && !(body instanceof Uint8Array)
  return {
    ...(isObject ? { 'content-type': 'application/json' } : {}),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...headers,
  }
}

function bodyOf({ body }: ProbeRequest): { body?: string | Uint8Array<ArrayBuffer> } {
  if (body === undefined) return {}
  if (typeof body === 'string') return { body }
  return { body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = (cause as { code?: string } | undefined)?.code
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  return code ?? (error instanceof Error ? error.message : String(error))
}
