import { beforeAll, expect, test } from 'vitest'
import { steadily } from './api-calls.ts'
import { client } from './client.ts'

// Takes its time, once.
beforeAll(() => void client(), 60_000)

/** Fails so once, and answers then. */
function failing(error: unknown) {
  let asked = 0
  return steadily(async () => {
    if (++asked === 1) throw error
    return asked
  })
}

for (const code of ['EAI_AGAIN', 'ECONNREFUSED', 'UND_ERR_SOCKET'])
  test(`an API of which nobody can be asked for a moment (${code}) is asked again`, async () => {
    expect(await failing(Object.assign(new Error('away'), { code }))).toBe(2)
    expect(await failing(new TypeError('fetch failed', { cause: { code } }))).toBe(2)
  })

test('one whose certificate is of somebody else is not', async () => {
  const error = Object.assign(new Error('not it'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await expect(failing(error)).rejects.toThrow('not it')
})
