import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Log } from '../runtime/log.ts'
import { ProblemError } from '../runtime/problem.ts'
import type { Reply } from './conversation.ts'

const FAILED = { code: 'internal', detail: 'the answer could not be finished; try again' }

/**
 * A reply as server-sent events: `delta` {text} as it comes, then `done` {the reply}, or `error` {code, detail} where it
 * fails after it began. What is refused before it began is thrown, and answered as a problem.
 */
export async function streamReply(
  context: Context,
  log: Log,
  answer: (show: (text: string) => void) => Promise<Reply>,
): Promise<Response> {
  let show: (text: string) => void = () => undefined
  let end = () => {}
  // It holds a whole answer where a client reads slowly: the model's bound on its length is the bound.
  const pieces = new ReadableStream<string>({
    start: (controller) => {
      show = (text) => controller.enqueue(text)
      end = () => controller.close()
    },
  }).getReader()
  const reply = answer(show)
  reply.then(end, end)
  let piece = await pieces.read()
  if (piece.done) await reply
  return streamSSE(context, async (stream) => {
    for (; !piece.done; piece = await pieces.read())
      await stream.writeSSE({ event: 'delta', data: JSON.stringify({ text: piece.value }) })
    try {
      await stream.writeSSE({ event: 'done', data: JSON.stringify(await reply) })
    } catch (error) {
      log.error({ error: { message: (error as Error).message } }, 'a reply failed after it began')
      const { code, detail } = error instanceof ProblemError ? error.problem : FAILED
      await stream.writeSSE({ event: 'error', data: JSON.stringify({ code, detail }) })
    }
  })
}
