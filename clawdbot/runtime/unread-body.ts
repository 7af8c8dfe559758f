import type { MiddlewareHandler } from 'hono'

const MOST_BYTES = 8 * 1024 * 1024

/**
 * Reads and drops what a refused request still sends, up to 8 MiB. A server that answers early and hangs up makes the
 * connection break under the client, which then never sees the refusal.
 */
export const dropUnreadBody: MiddlewareHandler = async (context, next) => {
  await next()
  const { raw } = context.req
  if (raw.bodyUsed || !raw.body) return
  let bytes = 0
  for await (const chunk of raw.body) {
    bytes += (chunk as Uint8Array).length
    if (bytes > MOST_BYTES) break
  }
}
