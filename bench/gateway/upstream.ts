// A model server that costs as little as one can: the same answer to everybody, whole or as a stream of forty words.
import { createServer } from 'node:http'

const WORDS = 40
const about = { id: 'chatcmpl-bench', created: 0, model: 'bench' }
const usage = { prompt_tokens: 10, completion_tokens: WORDS, total_tokens: WORDS + 10 }
const message = { role: 'assistant', content: 'word '.repeat(WORDS) }
const whole = JSON.stringify({
  ...about,
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
  usage,
})
const event = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ ...about, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const events = [
  ...Array.from({ length: WORDS }, () => event({ content: 'word ' }, null)),
  event({}, 'stop'),
  'data: [DONE]\n\n',
]

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString()
  })
  request.on('end', () => {
    const streams = body.includes('"stream":true')
    response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json' })
    if (!streams) return response.end(whole)
    for (const one of events) response.write(one)
    return response.end()
  })
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.env.PORT), '127.0.0.1')
