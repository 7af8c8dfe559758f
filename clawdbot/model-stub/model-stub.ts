import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import { z } from 'zod'
import {
  badRequest,
  createComponent,
  createInternalApp,
  readJson,
  type Started,
  startComponent,
} from '../runtime/component.ts'
import { settings as kinds, processSettings, readConfiguration } from '../runtime/configuration.ts'
import { answerTo } from './answer.ts'
import { completion, completionEvents } from './format.ts'

const MODEL = 'clawdbot-stub'

const settings = processSettings.extend({ PORT: kinds.port.default(8083) })

const modes = z.object({
  mode: z.enum(['normal', 'slow', 'fail', 'garbage', 'cut', 'obey']),
  delayMs: z.number().int().min(0).max(120_000).default(3_000),
})

const chat = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().optional(),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).default([]),
})

type Mode = z.output<typeof modes>
type Chat = z.output<typeof chat>

export interface ModelStubOptions {
  environment: NodeJS.ProcessEnv
  logStream?: DestinationStream
}

/** Starts a deterministic stand-in for a model: a stub for development and tests, not a model. */
export async function startModelStub({ environment, logStream }: ModelStubOptions): Promise<Started> {
  const component = createComponent('model-stub', readConfiguration(settings, environment), logStream)
  let mode: Mode = { mode: 'normal', delayMs: 0 }
  const app = createInternalApp(component, () => ({ ready: true, dependencies: {} }))
  app.get('/admin/mode', (c) => c.json(mode))
  app.put('/admin/mode', async (c) => {
    const parsed = modes.safeParse(await readJson(c.req))
    if (!parsed.success) throw badRequest('mode is normal, slow, fail, garbage, cut or obey')
    mode = parsed.data
    return c.json(mode)
  })
  app.get('/v1/models', (c) => {
    return c.json({
      object: 'list',
      data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'clawdbot' }],
    })
  })
  app.post('/v1/chat/completions', async (c) => {
    const parsed = chat.safeParse(await readJson(c.req))
    if (!parsed.success) throw badRequest('not a chat completion request')
    return answer(parsed.data, mode)
  })
  return startComponent(component, app.fetch)
}

/** Answers in the mode the stub was told to be in. */
async function answer(request: Chat, { mode, delayMs }: Mode): Promise<Response> {
  if (mode === 'slow') await sleep(delayMs)
  if (mode === 'fail') return Response.json({ error: { message: 'told to fail' } }, { status: 500 })
  if (mode === 'garbage')
    return new Response('{"choices": [{"mess', { headers: { 'content-type': 'application/json' } })
  const tools = new Set(request.tools.map((tool) => tool.function.name))
  const given = answerTo(request.messages, tools, mode === 'obey')
  const prompt = JSON.stringify(request.messages)
  if (request.stream !== true && mode !== 'cut') return Response.json(completion(MODEL, prompt, given))
  const events = completionEvents(MODEL, prompt, given)
  return new Response(streamOf(events, mode === 'cut'), { headers: { 'content-type': 'text/event-stream' } })
}

/** A stream of events; one that is cut breaks off after half of them. */
function streamOf(events: readonly string[], cut: boolean): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const sent = cut ? events.slice(0, Math.ceil(events.length / 2)) : events
  return new ReadableStream({
    start(controller) {
      for (const event of sent) controller.enqueue(encoder.encode(event))
      if (!cut) controller.close()
      else setTimeout(() => controller.error(new Error('told to cut the stream')), 20)
    },
  })
}
