import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack, TOKENS } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.stop())

test('a pinned note stays on top, and nobody pins another’s', async () => {
  const add = async (title: string) => {
    const answer = await stack.ask('/v1/notes', {
      token: TOKENS.ann,
      method: 'POST',
      body: { title, text: 'x' },
    })
    return ((await answer.json()) as { id: string }).id
  }
  const first = await add('first')
  await add('second')
  const pin = (token: string) =>
    stack.ask(`/v1/notes/${first}/pinned`, { token, method: 'PUT', body: { pinned: true } })
  expect((await pin(TOKENS.ben)).status).toBe(404)
  expect(await (await pin(TOKENS.ann)).json()).toMatchObject({ pinned: true })
  expect(await (await stack.ask('/v1/notes', { token: TOKENS.ann })).json()).toMatchObject({
    notes: [{ title: 'first' }, { title: 'second' }],
  })
})
