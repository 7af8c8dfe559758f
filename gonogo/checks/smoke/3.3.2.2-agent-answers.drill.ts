import type { Intercept } from '../live/drill-service.ts'
import type { DrillReply } from '../live/drill-service-routes.ts'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const path = '/v1/agent'
const reply = (text: string, rest: object = {}): DrillReply => ({
  status: 200,
  body: { reply: text, fallback: false, ...rest },
})

/** An agent that can add, and repeat a word. */
const agent: Intercept = (request, next) => {
  if (request.path !== path) return next()
  const text = textOf(request.body)
  const [, a, b] = /(\d+) \+ (\d+)/.exec(text) ?? []
  return reply(a ? `That is ${Number(a) + Number(b)}.` : `${text.split(' ').at(-1)}.`)
}
const textOf = (body: string): string => (JSON.parse(body || '{}') as { text?: string }).text ?? ''

export const drill = serviceDrill(
  '3.3.2.2',
  { path },
  [
    answering('an echo', ({ body }) => reply(`You said: ${textOf(body)}`)),
    answering('the fallback text', () => reply('I cannot answer just now.', { fallback: true })),
    answering('a right answer marked as fallback', (_request, next) => {
      const { body } = next() as { body: object }
      return { status: 200, body: { ...body, fallback: true } }
    }),
    answering('the same answer to everything', () => reply('I am well, thank you.')),
    answering('an empty answer', () => reply('')),
    answering('an answer that is cut off', () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"reply": "Tha',
    })),
    answering('502 from the agent', () => ({ status: 502, body: { detail: 'agent away' } })),
    configured('prompts that hold their answers', 'unknown', {
      path,
      prompts: [{ say: 'Say {{unique}}', contains: '{{unique}}' }],
    }),
  ],
  agent,
)
