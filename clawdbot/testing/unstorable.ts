import { expect } from 'vitest'
import { type Stack, TOKENS } from './stack.ts'

const CONVERSATION = '/v1/agents/assistant/messages'
const NUL = 'one\0two'

/** Requests with a NUL in them, and the field that the refusal names. */
export const UNSTORABLE: readonly (readonly [string, string, object])[] = [
  ['title', '/v1/notes', { title: NUL, text: 'x' }],
  ['text', '/v1/notes', { title: 'x', text: NUL }],
  ['text', CONVERSATION, { text: `Remember that ${NUL}` }],
  ['messages', '/v1/chat/completions', { model: 'assistant', messages: [{ role: 'user', content: NUL }] }],
]

/** The same refusal on every database, and nothing kept. */
export async function expectRefused(
  stack: Stack,
  [field, path, body]: (typeof UNSTORABLE)[number],
): Promise<void> {
  const answer = await stack.ask(path, { token: TOKENS.ben, method: 'POST', body })
  const said = (await answer.json()) as { detail: string; code: string }
  expect([answer.status, said.code]).toEqual([400, 'invalid_input'])
  expect(said.detail).toMatch(new RegExp(`\\b${field}: must not hold the character NUL`))
  for (const kept of ['/v1/notes', '/v1/memories'])
    expect(await (await stack.ask(kept, { token: TOKENS.ben })).text()).not.toContain('one')
}
