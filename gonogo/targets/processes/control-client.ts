import { Pool } from 'undici'
import type { z } from 'zod'

const ANSWER_LIMIT_MS = 10_000

/** Nobody listens on the socket: the supervisor is gone. */
export class SupervisorGone extends Error {
  override readonly name = 'SupervisorGone'
}

export type ControlClient = {
  get<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T>
  /** Throws SupervisorGone when the connection fails; `limitMs` is the longest that the answer may take. */
  post<T>(path: string, body: unknown, schema: z.ZodType<T>, limitMs?: number): Promise<T>
  close(): Promise<void>
}

/** Speaks with the supervisor over its socket. */
export function controlClient(socketPath: string): ControlClient {
  const pool = new Pool('http://supervisor', { socketPath, headersTimeout: 0, bodyTimeout: 0 })
  const send = async <T>(
    options: { method: 'GET' | 'POST'; path: string; body?: string; signal: AbortSignal },
    schema: z.ZodType<T>,
  ): Promise<T> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await pool.request({ ...options, headers }).catch(throwAsGone)
    const text = await answer.body.text().catch(throwAsGone)
    if (answer.statusCode !== 200)
      throw new Error(`supervisor: ${options.path} answered ${answer.statusCode}: ${text}`)
    return schema.parse(JSON.parse(text))
  }
  return {
    get: (path, schema, signal) => {
      const limit = AbortSignal.timeout(ANSWER_LIMIT_MS)
      return send({ method: 'GET', path, signal: signal ? AbortSignal.any([signal, limit]) : limit }, schema)
    },
    post: (path, body, schema, limitMs = ANSWER_LIMIT_MS) => {
      const signal = AbortSignal.timeout(limitMs)
      return send({ method: 'POST', path, body: JSON.stringify(body), signal }, schema)
    },
    close: () => pool.close(),
  }
}

const GONE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTDIR',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
])

function throwAsGone(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (GONE.has(code)) throw new SupervisorGone(`the supervisor cannot be reached (${code})`, { cause: error })
  throw error
}
