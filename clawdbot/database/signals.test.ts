import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Log } from '../runtime/log.ts'
import { openSignals } from './signals.ts'

const said: string[] = []
const log = { warn: (words: string) => void said.push(words) } as unknown as Log

test('while the database is away a signal waits for nothing and reaches nobody', async () => {
  const signals = openSignals('postgres://clawdbot@127.0.0.1:1/none', log)
  const heard: string[] = []
  signals.onSignal((text) => heard.push(text))
  signals.send('one')
  await expect.poll(() => said).toContain('no signals between replicas while the database is away')
  signals.send('two')
  // It is tried again every second, and told once.
  await wait(2_500)
  await signals.close()
  signals.send('three')
  expect([heard, said.length]).toEqual([[], 1])
})

test('on SQLite nobody is told anything', async () => {
  const signals = openSignals('clawdbot.sqlite', log)
  const heard: string[] = []
  signals.onSignal((text) => heard.push(text))
  signals.send('one')
  await signals.close()
  expect(heard).toEqual([])
})
