import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Stack, startStack, TOKENS } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

const admin = (path: string, method = 'GET', body?: unknown) =>
  stack.ask(`/v1/admin/keys${path}`, { token: TOKENS.ada, method, ...(body === undefined ? {} : { body }) })
const statusOf = async (token: string) => (await stack.ask('/v1/agents', { token })).status
type Made = { id: string; token: string }
const make = async (body: object) => (await (await admin('', 'POST', body)).json()) as Made

test('a key that was made works within its scope, and only its hash is kept', async () => {
  const { id, token } = await make({ caller: 'eva', agents: ['counter'] })
  await vi.waitFor(async () => expect(await statusOf(token)).toBe(200), { timeout: 5000 })
  const { agents } = (await (await stack.ask('/v1/agents', { token })).json()) as { agents: { id: string }[] }
  expect(agents.map((agent) => agent.id)).toEqual(['counter'])
  const body = { text: 'hello' }
  expect((await stack.ask('/v1/agents/assistant/messages', { token, method: 'POST', body })).status).toBe(403)
  expect(readFileSync(stack.tokensFile, 'utf8')).not.toContain(token)
  expect(JSON.stringify(await (await admin('')).json())).toContain(id)
})

test('a rotated key goes on for the overlap, and its holder is the same', async () => {
  const old = await make({ caller: 'fay' })
  const next = (await (await admin(`/${old.id}/rotate`, 'POST', { overlapSeconds: 60 })).json()) as Made
  await vi.waitFor(async () => expect(await statusOf(next.token)).toBe(200), { timeout: 5000 })
  expect(await statusOf(old.token)).toBe(200)
  const last = (await (await admin(`/${next.id}/rotate`, 'POST', { overlapSeconds: 0 })).json()) as Made
  await vi.waitFor(async () => expect(await statusOf(next.token)).toBe(401), { timeout: 5000 })
  expect(await statusOf(last.token)).toBe(200)
})

test('a key that was revoked works no more, and is unknown', async () => {
  const { id, token } = await make({ caller: 'gil' })
  expect((await admin(`/${id}`, 'DELETE')).status).toBe(204)
  await vi.waitFor(async () => expect(await statusOf(token)).toBe(401), { timeout: 5000 })
  expect((await admin(`/${id}`, 'DELETE')).status).toBe(404)
})

test('changes made at once are all kept', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, (_, n) => make({ caller: `many-${n}` })))
  const text = JSON.stringify(await (await admin('')).json())
  for (const { id } of made) expect(text).toContain(id)
})

test('users are refused', async () => {
  expect((await stack.ask('/v1/admin/keys', { token: TOKENS.ann })).status).toBe(403)
})
