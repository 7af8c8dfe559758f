import type { Readable } from 'node:stream'
import type { Context } from 'hono'

/**
 * An answer sent on as it comes, and never stored on the way. It ends its source when the client goes away. Written out,
 * because `Readable.toWeb` throws outside of any handler when both ends close at once (ERR_INVALID_STATE).
 */
export function streamed(context: Context, source: Readable, contentType: string, status = 200): Response {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
    cancel: () => {
      source.on('error', () => undefined).destroy()
    },
  })
  return context.body(body, status as 200, { 'content-type': contentType, 'cache-control': 'no-store' })
}
