import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import type { Log } from '../runtime/log.ts'
import { openSignals } from './signals.ts'

const said: string[] = []
const log = {
  warn: ({ error }: { error: Error }, words: string) => void said.push(`${words}: ${error.message}`),
} as unknown as Log

test('while the database is away a signal waits for nothing and reaches nobody', async () => {
  let tries = 0
  const away = createServer((socket) => {
    tries++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(away, 'listening')
  const { port } = away.address() as AddressInfo
  const signals = openSignals(`postgres://clawdbot@127.0.0.1:${port}/none`, log)
  const heard: string[] = []
  signals.onSignal((text) => heard.push(text))
  signals.send('one')
  await expect.poll(() => said.length).toBe(1)
  expect(said[0]).toMatch(/^no signals between replicas while the database is away: .+/)
  signals.send('two')
  // It is tried again every second, and told once.
  await expect.poll(() => tries).toBeGreaterThan(2)
  await signals.close()
  signals.send('three')
  expect([heard, said.length]).toEqual([[], 1])
  away.close()
})

test('on SQLite nobody is told anything', async () => {
  const signals = openSignals('clawdbot.sqlite', log)
  const heard: string[] = []
  signals.onSignal((text) => heard.push(text))
  signals.send('one')
  await signals.close()
  expect(heard).toEqual([])
})
