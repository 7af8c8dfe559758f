import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { addSkill } from '../../clawdbot/testing/skills-stand.ts'
import type { SoakStack } from './stack.ts'

const MOST_IN_FLIGHT = 100
const SKILL_EVERY_MS = 20_000
/** Now and then the model fails for a moment, so that breakers open and agents fall back. */
const FAILING_EVERY_MS = 60_000
const FAILING_MS = 3_000
const FORGET_EVERY_MS = 30_000

/** What came of the requests. `unexpected` counts by what went wrong; failures while the model is told to fail are none. */
export type Served = {
  readonly counts: Map<string, number>
  readonly unexpected: Map<string, number>
  skipped: number
  skills: number
}

type Kind = { readonly name: string; readonly share: number; readonly run: () => Promise<number> }

/** Asks for everything that ClawdBot does, so many times a second in all, until `signal` ends it. */
export async function applySoak(
  { gateway, model, token, skills }: SoakStack,
  rate: number,
  signal: AbortSignal,
): Promise<Served> {
  const served: Served = { counts: new Map(), unexpected: new Map(), skipped: 0, skills: 0 }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, accept?: string) => {
    const answer = await request(`${gateway}${path}`, {
      method,
      headers: { ...headers, ...(accept ? { accept } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }
  const complete = (name: string, stream: boolean, text: string) =>
    ask('POST', '/v1/chat/completions', {
      ...{ model: name, stream },
      messages: [{ role: 'user', content: text }],
    }).then(({ status }) => status)
  const say = (text: string, accept?: string) =>
    ask('POST', '/v1/agents/assistant/messages', { text }, accept).then(({ status }) => status)
  const kinds: readonly Kind[] = [
    {
      name: 'note kept, read, removed',
      share: 6,
      run: async () => {
        const made = await ask('POST', '/v1/notes', { title: 'soak', text: 'x'.repeat(500) })
        if (made.status !== 201) return made.status
        const { id } = JSON.parse(made.text) as { id: string }
        const read = await ask('GET', `/v1/notes/${id}`)
        const removed = await ask('DELETE', `/v1/notes/${id}`)
        return read.status === 200 && removed.status === 204 ? 200 : Math.max(read.status, removed.status)
      },
    },
    { name: 'model, whole', share: 10, run: () => complete('clawdbot-stub', false, 'say the word hello') },
    { name: 'model, streamed', share: 8, run: () => complete('clawdbot-stub', true, 'a b '.repeat(50)) },
    { name: 'model, left by the caller', share: 1, run: () => leave(gateway, headers, 'clawdbot-stub') },
    { name: 'agent, left by the caller', share: 1, run: () => leave(gateway, headers, 'assistant') },
    { name: 'agent', share: 3, run: () => say('what is 2 + 40?') },
    { name: 'agent with a tool', share: 2, run: () => say('count the words in: one two three') },
    { name: 'agent with notes', share: 1, run: () => say('list my notes') },
    { name: 'agent, streamed', share: 2, run: () => say('say the word hello', 'text/event-stream') },
    {
      name: 'agent as a model, streamed',
      share: 1,
      run: () => complete('assistant', true, 'what is 1 + 1?'),
    },
    { name: 'refused', share: 2, run: async () => ((await say('x'.repeat(19_000))) === 413 ? 200 : 500) },
  ]
  // A note counts three requests.
  const turns = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind))
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)
  let failingUntil = 0
  const tell = async (mode: string) => {
    const { statusCode, body } = await request(`${model}/admin/mode`, {
      method: 'PUT',
      body: JSON.stringify({ mode }),
    })
    await body.dump()
    return statusCode
  }
  const tasks: readonly Task[] = [
    {
      name: 'a skill changed',
      everyMs: SKILL_EVERY_MS,
      run: async () => changeSkill(skills, served.skills++),
    },
    {
      name: 'memories forgotten',
      everyMs: FORGET_EVERY_MS,
      run: async () => (await ask('DELETE', '/v1/memories')).status,
    },
    {
      name: 'the model told to fail',
      everyMs: FAILING_EVERY_MS,
      run: async () => {
        // Breakers stay open for a while after it.
        failingUntil = performance.now() + FAILING_MS + 8_000
        return tell('fail')
      },
    },
    {
      name: 'the model told to be well',
      everyMs: FAILING_EVERY_MS,
      firstMs: FAILING_MS,
      run: () => tell('normal'),
    },
  ]
  const due = periodically(signal, tasks, (what) => count(served.unexpected, what))
  const running = new Set<Promise<void>>()
  let turn = 0
  const timer = setInterval(() => {
    if (running.size >= MOST_IN_FLIGHT) {
      served.skipped++
      return
    }
    const kind = turns[(turn++ * 7) % turns.length] as Kind
    // A request may begin before the model is told to fail, or end when it is well again.
    const begun = performance.now()
    const isFailing = () => begun < failingUntil
    const one = kind
      .run()
      .then((status) => {
        count(served.counts, kind.name)
        if (status !== 200 && !(isFailing() && status >= 500))
          count(served.unexpected, `${kind.name}: ${status}`)
      })
      .catch((error: Error) => void count(served.unexpected, `${kind.name}: ${error.message}`))
      .finally(() => running.delete(one))
    running.add(one)
  }, 1000 / rate)
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  clearInterval(timer)
  await due
  await Promise.all(running)
  return served
}

/** A caller who hangs up once the answer has begun. */
async function leave(gateway: string, headers: Record<string, string>, model: string): Promise<number> {
  const going = new AbortController()
  const body = {
    model,
    stream: true,
    messages: [{ role: 'user', content: 'x '.repeat(500) }],
  }
  const answer = await fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: going.signal,
  })
  await answer.body?.getReader().read()
  going.abort()
  return answer.status
}

/** A skill comes, changes, and goes. */
function changeSkill(folder: string, turn: number): number {
  const name = 'passing'
  if (turn % 3 === 2) rmSync(join(folder, name), { recursive: true, force: true })
  else addSkill(folder, name, `return 'version ${turn}'`)
  return 200
}

/** What is done now and then; answers a status. It is due `firstMs` after the first of its turns begins. */
type Task = {
  readonly name: string
  readonly everyMs: number
  readonly firstMs?: number
  readonly run: () => Promise<number>
}

/** Runs each when it is due, one after the other, until the signal ends it. One that goes wrong is told, and goes on. */
async function periodically(
  signal: AbortSignal,
  tasks: readonly Task[],
  tell: (what: string) => void,
): Promise<void> {
  const startedAt = performance.now()
  const next = tasks.map(({ everyMs, firstMs = 0 }) => startedAt + everyMs + firstMs)
  while (!signal.aborted) {
    for (const [n, { name, everyMs, run }] of tasks.entries()) {
      if (performance.now() < (next[n] ?? 0)) continue
      next[n] = (next[n] ?? 0) + everyMs
      const status = await run().catch((error: Error) => error.message)
      if (typeof status === 'string' || status >= 300) tell(`${name}: ${status}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
