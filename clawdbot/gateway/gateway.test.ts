import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack, TOKENS } from '../testing/stack.ts'
import { expectRefused, UNSTORABLE } from '../testing/unstorable.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ AGENT_DEADLINE_MS: '5000' })
})
afterAll(() => stack.stop())

const { ann, ben, ada, old } = TOKENS

describe('who may come in', () => {
  test.each([
    ['no token', undefined],
    ['a token that nobody knows', 'nobody'],
    ['a token that has expired', old],
  ])('%s is refused in words', async (_name, token) => {
    const answer = await stack.ask('/v1/notes', token === undefined ? {} : { token })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: 401, detail: expect.any(String) })
  })

  test('what needs the role admin is refused to users and served to admins', async () => {
    expect((await stack.ask('/v1/admin/log-level', { token: ann })).status).toBe(403)
    expect(await (await stack.ask('/v1/admin/log-level', { token: ada })).json()).toEqual({ level: 'info' })
    const set = await stack.ask('/v1/admin/log-level', { token: ada, method: 'PUT', body: { level: 'info' } })
    expect(set.status).toBe(200)
  })

  test('probes, metrics and the document are open to all', async () => {
    for (const path of ['/health', '/ready', '/metrics', '/openapi.json'])
      expect([path, (await stack.ask(path)).status]).toEqual([path, 200])
  })

  test('only listed origins may read answers', async () => {
    const from = async (origin: string) =>
      (await stack.ask('/v1/notes', { token: ann, headers: { origin } })).headers.get(
        'access-control-allow-origin',
      )
    expect(await from('https://app.example')).toBe('https://app.example')
    expect(await from('https://app.example.evil.example')).toBeNull()
  })
})

describe('notes', () => {
  test('are kept, read and removed by their user, and unknown to others', async () => {
    const made = await stack.ask('/v1/notes', {
      token: ann,
      method: 'POST',
      body: { title: 'one', text: 'of ann' },
    })
    expect(made.status).toBe(201)
    const { id } = (await made.json()) as { id: string }
    expect((await stack.ask(`/v1/notes/${id}`, { token: ben })).status).toBe(404)
    expect(await (await stack.ask(`/v1/notes/${id}`, { token: ann })).json()).toMatchObject({
      text: 'of ann',
    })
    expect((await stack.ask(`/v1/notes/${id}`, { token: ben, method: 'DELETE' })).status).toBe(404)
    expect((await stack.ask(`/v1/notes/${id}`, { token: ann, method: 'DELETE' })).status).toBe(204)
    expect((await stack.ask(`/v1/notes/${id}`, { token: ann })).status).toBe(404)
  })

  test.each([
    ['cut off', '{"title": "x"', 400],
    ['of another type', { title: 1, text: 'x' }, 400],
    ['oversized', { title: 'x', text: 'y'.repeat(300_000) }, 413],
  ])('a body that is %s is refused', async (_name, body, status) => {
    const answer = await stack.ask('/v1/notes', { token: ann, method: 'POST', body })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ detail: expect.any(String) })
  })

  test.each(UNSTORABLE)('a %s with a NUL is refused by name at %s', async (...request) => {
    await expectRefused(stack, request)
  })

  test('a body that is no JSON by its type, or not UTF-8, is refused', async () => {
    const text = await fetch(new URL('/v1/notes', stack.gateway), {
      method: 'POST',
      headers: { authorization: `Bearer ${ann}`, 'content-type': 'text/plain' },
      body: 'hello',
    })
    expect(text.status).toBe(415)
    const bytes = await fetch(new URL('/v1/notes', stack.gateway), {
      method: 'POST',
      headers: { authorization: `Bearer ${ann}`, 'content-type': 'application/json' },
      body: Buffer.concat([
        Buffer.from('{"title":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('","text":"x"}'),
      ]),
    })
    expect(bytes.status).toBe(400)
  })
})

describe('agents', () => {
  const say = (text: string, token = ann, headers: Record<string, string> = {}) =>
    stack.ask('/v1/agents/assistant/messages', { token, method: 'POST', body: { text }, headers })

  test('answer prompts, with tools where the request allows it', async () => {
    expect(await (await say('what is 2 + 40?')).json()).toMatchObject({
      reply: '2 + 40 = 42.',
      fallback: false,
    })
    expect(await (await say('count the words in: one two three')).json()).toMatchObject({
      toolCalls: [{ tool: 'count_words', ok: true }],
    })
  })

  test('stream their answer as events that end', async () => {
    const answer = await say('say the word hello', ann, { accept: 'text/event-stream' })
    expect(answer.headers.get('x-request-id')).toMatch(/./)
    expect(answer.headers.get('x-served-by')).toMatch(/^.+\/gateway-/)
    const text = await answer.text()
    expect(text).toContain('event: delta')
    expect(text).toContain('event: done')
  })

  test('are listed, and an unknown one is unknown', async () => {
    expect(await (await stack.ask('/v1/agents', { token: ann })).json()).toMatchObject({
      agents: [{ id: 'assistant' }, { id: 'counter' }],
    })
    const answer = await stack.ask('/v1/agents/nobody/messages', {
      token: ann,
      method: 'POST',
      body: { text: 'hi' },
    })
    expect(answer.status).toBe(404)
  })

  test('speak the format that OpenAI’s clients know, streamed and not', async () => {
    const ask = (stream: boolean) =>
      stack.ask('/v1/chat/completions', {
        token: ann,
        method: 'POST',
        body: { model: 'assistant', stream, messages: [{ role: 'user', content: 'say the word hello' }] },
      })
    expect(await (await ask(false)).json()).toMatchObject({
      choices: [{ message: { content: 'hello.' }, finish_reason: 'stop' }],
    })
    expect(await (await ask(true)).text()).toContain('data: [DONE]')
    expect(await (await stack.ask('/v1/models', { token: ann })).json()).toMatchObject({ object: 'list' })
  })

  test('list their skills with the permissions of each', async () => {
    const { skills } = (await (await stack.ask('/v1/skills', { token: ann })).json()) as { skills: object[] }
    expect(skills).toContainEqual(
      expect.objectContaining({ name: 'notes', permissions: { network: false, database: ['notes'] } }),
    )
  })

  test('fall back, marked as such, while the model is away', async () => {
    await stack.setModel({ mode: 'fail' })
    expect(await (await say('what is 1 + 1?')).json()).toMatchObject({
      fallback: true,
      reason: expect.any(String),
    })
    await stack.setModel({ mode: 'normal' })
  })
})

test('a client that goes away while an answer comes ends nothing but its request', async () => {
  const body = JSON.stringify({
    model: 'clawdbot-stub',
    stream: true,
    messages: [{ role: 'user', content: 'say it '.repeat(500) }],
  })
  for (let n = 0; n < 20; n++) {
    const going = new AbortController()
    const answer = await fetch(new URL('/v1/chat/completions', stack.gateway), {
      method: 'POST',
      headers: { authorization: `Bearer ${ann}`, 'content-type': 'application/json' },
      body,
      signal: going.signal,
    })
    await answer.body?.getReader().read()
    going.abort()
  }
  expect((await stack.ask('/health')).status).toBe(200)
})

test('callers who hang up while the model thinks are no failures of the model', async () => {
  const complete = (signal?: AbortSignal) =>
    fetch(new URL('/v1/chat/completions', stack.gateway), {
      method: 'POST',
      headers: { authorization: `Bearer ${ann}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'clawdbot-stub',
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
      }),
      ...(signal ? { signal } : {}),
    })
  await stack.setModel({ mode: 'slow', delayMs: 1500 })
  const hasty = Array.from({ length: 12 }, () => complete(AbortSignal.timeout(300)))
  const left = await Promise.allSettled(hasty)
  expect(left.map((one) => one.status === 'rejected' && one.reason.name)).toEqual(
    Array(12).fill('TimeoutError'),
  )
  await stack.setModel({ mode: 'normal' })
  await expect.poll(async () => (await stack.ask('/metrics')).text()).toContain('status="408"')
  expect((await complete()).status).toBe(200)
})

describe('what is told of requests', () => {
  test('one line each, with id, route, status and duration, without token and body', async () => {
    await stack.ask('/v1/notes?q=hidden', { token: ann, headers: { 'x-request-id': 'marked-1' } })
    const lines = stack.log().filter(({ id }) => id === 'marked-1')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      method: 'GET',
      route: '/v1/notes',
      status: 200,
      durationMs: expect.any(Number),
    })
    expect(JSON.stringify(stack.log())).not.toContain(ann)
    expect(JSON.stringify(stack.log())).not.toContain('hidden')
  })

  test('counters grow by exactly the requests made', async () => {
    const count = async () => {
      const text = await (await stack.ask('/metrics')).text()
      return Number(
        /http_requests_total\{method="GET",route="\/v1\/agents",status="200"\} (\d+)/.exec(text)?.[1] ?? 0,
      )
    }
    const before = await count()
    for (let n = 0; n < 3; n++) await stack.ask('/v1/agents', { token: ann })
    expect(await count()).toBe(before + 3)
  })

  test('an unknown route is a problem in JSON, not a page', async () => {
    const answer = await stack.ask('/index.html')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      404,
      expect.stringContaining('json'),
    ])
  })
})
