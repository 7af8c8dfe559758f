import { Readable } from 'node:stream'
import { z } from 'zod'
import { createParser, type ServerEvent } from '../../text/event-parser.ts'

const delta = z.object({ text: z.string() })
const done = z.object({ fallback: z.boolean() })
const failure = z.object({ code: z.string(), detail: z.string() })

/**
 * An agent's events as the chunks that a streaming client of the OpenAI format reads; the last one says whether it is a
 * fallback. Where the events break off, an error is the last.
 */
export function completionEvents(requestId: string, model: string, events: Readable): Readable {
  // It may break off at any time, also when nobody reads it any more.
  events.on('error', () => undefined)
  const chunks = Readable.from(chunksOf(requestId, model, events))
  chunks.once('close', () => events.destroy())
  return chunks
}

async function* chunksOf(requestId: string, model: string, events: Readable): AsyncGenerator<Buffer> {
  const created = Math.floor(Date.now() / 1000)
  const head = { id: `chatcmpl-${requestId}`, object: 'chat.completion.chunk', created, model }
  const chunk = (content: object, finish: 'stop' | null, more: object = {}) =>
    event({ ...head, choices: [{ index: 0, delta: content, finish_reason: finish }], ...more })
  yield chunk({ role: 'assistant', content: '' }, null)
  try {
    for await (const { event: kind, data } of eventsOf(events)) {
      const told: unknown = JSON.parse(data)
      if (kind === 'delta') yield chunk({ content: delta.parse(told).text }, null)
      if (kind === 'error') return yield problem(failure.parse(told))
      if (kind !== 'done') continue
      yield chunk({}, 'stop', { clawdbot: { fallback: done.parse(told).fallback } })
      return yield Buffer.from('data: [DONE]\n\n')
    }
  } catch {
    // Whatever it was, cut off or in another form: the client is told that this is not the whole answer.
  }
  yield problem({ code: 'agent_unavailable', detail: 'the answer broke off; try again' })
}

async function* eventsOf(source: Readable): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let told: ServerEvent[] = []
  const parse = createParser((one) => told.push(one))
  for await (const bytes of source) {
    parse(decoder.decode(bytes as Uint8Array, { stream: true }))
    yield* told
    told = []
  }
}

const event = (body: object): Buffer => Buffer.from(`data: ${JSON.stringify(body)}\n\n`)

const problem = ({ code, detail }: z.infer<typeof failure>): Buffer =>
  event({ error: { message: detail, type: 'server_error', param: null, code } })
