import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Check } from '../../check.ts'
import { drill } from '../../security-validation/1.2.5-injection.drill.ts'
import { check } from '../../security-validation/1.2.5-injection.ts'
import { scratchIn, tryCheck } from '../../try-drill.ts'

test('a probe that is ended in the middle leaves nothing of what it planted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-left-behind-'))
  const ended = new AbortController()
  try {
    const scratch = scratchIn(folder)
    const { config, context = {}, close } = await drill.ground(scratch)
    const environment = context.environment
    const [instance] = (await environment?.candidates()) ?? []
    const token = (await environment?.access('userToken')) ?? ''
    const kept = async () => {
      const answer = await fetch(new URL('/v1/kept', instance?.url), {
        headers: { authorization: `Bearer ${token}` },
      })
      return JSON.stringify(await answer.json())
    }
    const empty = await kept()
    const running = tryCheck(check as never as Check<never>, config, scratch, {
      ...context,
      signal: ended.signal,
    }).catch((error: Error) => error)
    await expect.poll(kept, { interval: 1 }).not.toBe(empty)
    ended.abort(new Error('the limit'))
    await running
    expect(await kept()).toBe(empty)
    await close?.()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
