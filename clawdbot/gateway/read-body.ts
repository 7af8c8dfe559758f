import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { answerProblem } from '../runtime/problem.ts'

const STRICT = new TextDecoder('utf-8', { fatal: true })
/** What a refused request still sends is read and dropped up to this; more ends the connection. */
const MOST_DROPPED_BYTES = 8 * 1024 * 1024

/**
 * Reads the body of a POST or a PUT, which must say that it is JSON (415), have no more than so many bytes (413) and be
 * UTF-8 (400; RFC 8259): replacing other bytes would keep what nobody wrote. It is read from the socket itself and once,
 * which is what most of a request's time went into.
 */
export function readBody(mostBytes: number): MiddlewareHandler {
  return async (context, next) => {
    const { method } = context.req
    if (method !== 'POST' && method !== 'PUT') return next()
    const type = context.req.header('content-type') ?? ''
    if (!/^application\/json\s*(;|$)/i.test(type))
      return answerProblem(context, {
        status: 415,
        code: 'not_json',
        title: 'Unsupported media type',
        detail: 'send the body as application/json',
      })
    const bytes = await bytesOf(context, mostBytes)
    if (bytes === null)
      return answerProblem(context, {
        status: 413,
        code: 'too_large',
        title: 'Body too large',
        detail: `a body has at most ${mostBytes} bytes`,
      })
    try {
      const text = STRICT.decode(bytes)
      // Hono keeps promises there; its type says text.
      Object.assign(context.req.bodyCache, { text: Promise.resolve(text) })
    } catch {
      const detail = 'the body is not UTF-8'
      return answerProblem(context, { status: 400, code: 'not_utf8', title: 'Bad request', detail })
    }
    return next()
  }
}

/** Null where there are more than `most`. */
async function bytesOf(context: Context, most: number): Promise<Uint8Array | null> {
  if (Number(context.req.header('content-length') ?? 0) > most) return null
  const chunks: Uint8Array[] = []
  let bytes = 0
  const { incoming } = context.env as HttpBindings
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Uint8Array).length
    if (bytes > most) return null
    chunks.push(chunk as Uint8Array)
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
}

/**
 * Reads and drops what a refused request still sends. A server that answers early and hangs up makes the connection break
 * under the client, which then never sees the refusal.
 */
export const dropUnreadBody: MiddlewareHandler = async (context, next) => {
  await next()
  const { incoming } = context.env as HttpBindings
  if (incoming.complete || incoming.destroyed) return
  let bytes = 0
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Uint8Array).length
    if (bytes > MOST_DROPPED_BYTES) break
  }
}
