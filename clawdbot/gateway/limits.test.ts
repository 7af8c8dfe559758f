import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack, TOKENS } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ RATE_LIMIT_PER_MINUTE: '60', RATE_LIMIT_BURST: '5' })
})
afterAll(() => stack.stop())

test('a burst over the limit gets 429 with Retry-After, and another caller does not notice', async () => {
  const statuses: number[] = []
  let last: Response | undefined
  for (let n = 0; n < 7; n++) {
    last = await stack.ask('/v1/agents', { token: TOKENS.ann })
    statuses.push(last.status)
  }
  expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200])
  expect(statuses.at(-1)).toBe(429)
  expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await stack.ask('/v1/agents', { token: TOKENS.ben })).status).toBe(200)
})
