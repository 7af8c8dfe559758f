import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
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
import { ProblemError } from '../runtime/problem.ts'
import { answerTo } from './answer.ts'
import { completion, completionEvents } from './format.ts'
import { openKeys } from './keys.ts'
import { obey } from './orders.ts'

const MODEL = 'clawdbot-stub'
const CUT_AFTER_MS = 20

const settings = processSettings.extend({
  PORT: kinds.port.default(8083),
  API_KEYS_FILE: z.string().min(1).optional(),
})

const modes = z.object({
  mode: z.enum(['normal', 'slow', 'fail', 'garbage', 'cut', 'down', 'obey']),
  delayMs: z.number().int().min(0).max(120_000).default(3_000),
  /** After so many events a stream waits until the mode is set once more; 0: it does not. */
  holdAfter: z.number().int().min(0).max(1_000).default(0),
  /** Stands for the description of a tool that somebody poisoned. */
  poison: z.string().max(20_000).default(''),
})

const chat = z.looseObject({
  messages: z
    .array(
      z.looseObject({
        role: z.string(),
        tool_calls: z
          .array(z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.string() }) }))
          .optional(),
      }),
    )
    .min(1),
  stream: z.boolean().optional(),
  tools: z
    .array(
      z.looseObject({ function: z.looseObject({ name: z.string(), description: z.string().default('') }) }),
    )
    .default([]),
})

type Mode = z.output<typeof modes>
type Chat = z.output<typeof chat>

export interface ModelStubOptions {
  environment: NodeJS.ProcessEnv
  logStream?: DestinationStream
}

/** Starts a deterministic stand-in for a model: a stub for development and tests, not a model. */
export async function startModelStub({ environment, logStream }: ModelStubOptions): Promise<Started> {
  const configuration = readConfiguration(settings, environment)
  const component = createComponent('model-stub', configuration, logStream)
  const isKey = openKeys(configuration.API_KEYS_FILE)
  const changes = new EventEmitter().setMaxListeners(0)
  let mode: Mode = { mode: 'normal', delayMs: 0, holdAfter: 0, poison: '' }
  let last: unknown = null
  const app = createInternalApp(component, () => ({ ready: true, dependencies: {} }))
  app.get('/admin/mode', (c) => c.json(mode))
  app.put('/admin/mode', async (c) => {
    const parsed = modes.safeParse(await readJson(c.req))
    if (!parsed.success) throw badRequest(`mode is ${modes.shape.mode.options.join(', ')}`)
    mode = parsed.data
    changes.emit('mode')
    return c.json(mode)
  })
  app.get('/admin/last-request', (c) => c.json({ request: last }))
  app.use('/v1/*', async (c, next) => {
    if (!isKey(c.req.header('authorization'))) throw wrongKey()
    return next()
  })
  app.get('/v1/models', (c) => {
    return c.json({
      object: 'list',
      data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'clawdbot' }],
    })
  })
  app.post('/v1/chat/completions', async (c) => {
    const given = await readJson(c.req)
    const parsed = chat.safeParse(given)
    if (!parsed.success) throw badRequest('not a chat completion request')
    last = given
    return answer(parsed.data, mode, changes, c)
  })
  return startComponent(component, app.fetch)
}

function wrongKey(): ProblemError {
  const detail = 'the key is not one of those that count here'
  return new ProblemError({ status: 401, code: 'bad_key', title: 'Not authenticated', detail })
}

/** Answers in the mode the stub was told to be in. */
async function answer(
  request: Chat,
  { mode, delayMs, holdAfter, poison }: Mode,
  changes: EventEmitter,
  context: Context,
): Promise<Response> {
  if (mode === 'slow') await sleep(delayMs)
  const hangUp = () => void (context.env as { outgoing?: ServerResponse }).outgoing?.destroy()
  if (mode === 'down') hangUp()
  if (mode === 'fail') return Response.json({ error: { message: 'told to fail' } }, { status: 500 })
  if (mode === 'garbage')
    return new Response('{"choices": [{"mess', { headers: { 'content-type': 'application/json' } })
  const tools = new Set(request.tools.map((tool) => tool.function.name))
  const descriptions = [poison, ...request.tools.map((tool) => tool.function.description)]
  const obeyed = mode === 'obey' ? obey(request.messages, descriptions, tools) : null
  const given = obeyed ?? answerTo(request.messages, tools)
  const prompt = JSON.stringify(request.messages)
  if (request.stream !== true && mode !== 'cut') return Response.json(completion(MODEL, prompt, given))
  const events = completionEvents(MODEL, prompt, given)
  const whole = () => (holdAfter > 0 ? held(events, holdAfter, changes) : events.join(''))
  const body = mode === 'cut' ? cutOff(events, hangUp) : whole()
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

/** The first events, and the others when the mode is set once more. */
function held(
  events: readonly string[],
  holdAfter: number,
  changes: EventEmitter,
): ReadableStream<Uint8Array> {
  const bytes = (some: readonly string[]) => new TextEncoder().encode(some.join(''))
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes(events.slice(0, holdAfter)))
      await once(changes, 'mode')
      controller.enqueue(bytes(events.slice(holdAfter)))
      controller.close()
    },
  })
}

/** Half of the events, and then nobody on the line. */
function cutOff(events: readonly string[], hangUp: () => void): ReadableStream<Uint8Array> {
  const half = events.slice(0, Math.ceil(events.length / 2)).join('')
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(half))
      setTimeout(hangUp, CUT_AFTER_MS)
    },
  })
}
