import { Readable } from 'node:stream'

/** An answer of server-sent events, sent on as they come and never stored on the way. */
export function eventStream(events: Readable | Iterable<string>): Response {
  const source = events instanceof Readable ? events : Readable.from(events, { objectMode: false })
  return new Response(Readable.toWeb(source) as ReadableStream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}
