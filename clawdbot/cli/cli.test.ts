import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createParser } from '../text/event-parser.ts'
import { chat } from './chat.ts'
import { serve } from './serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'clawdbot-serve-'))
let running: Awaited<ReturnType<typeof serve>>

beforeAll(async () => {
  const config = join(folder, 'settings.env')
  writeFileSync(config, '# of the test\nDRAIN_DELAY_MS=0\nAGENT_DEADLINE_MS=10000\nLOG_LEVEL=fatal\n')
  running = await serve(['--data', folder], { CONFIG_FILE: config, PORT: '0' })
})
afterAll(async () => {
  expect(await running.close()).toBe(0)
  rmSync(folder, { recursive: true, force: true })
})

async function talk(lines: string, args: readonly string[] = []) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(lines)
  const said = [text(stdout), text(stderr)] as const
  const all = ['--url', running.url, '--token-file', join(folder, 'token'), ...args]
  const code = await chat(all, { stdin, stdout, stderr })
  stdout.end()
  stderr.end()
  return { code, out: await said[0], complaint: await said[1] }
}

describe('clawdbot serve and chat', () => {
  test('what is said is answered, line by line, and remembered within the chat', async () => {
    const { code, out } = await talk('what is 2 + 40?\n\nsay the word hello\n')
    expect([code, out]).toEqual([0, '2 + 40 = 42.\nhello.\n'])
  })

  test('a second start keeps the token, and only its hash is among the tokens', () => {
    const token = readFileSync(join(folder, 'token'), 'utf8').trim()
    expect(token).toMatch(/^[0-9a-f]{48}$/)
    expect(readFileSync(join(folder, 'tokens.json'), 'utf8')).not.toContain(token)
  })

  test.each([
    ['an agent that there is not', ['--agent', 'nobody'], 1, /404: there is no such agent/],
    ['no gateway', ['--url', 'http://127.0.0.1:1'], 3, /start one with clawdbot serve/],
    ['no token', ['--token-file', '/nowhere/token'], 2, /--token-file/],
    ['an option that there is not', ['--colour', 'red'], 2, /--agent/],
  ])('%s is said in one line', async (_name, args, code, complaint) => {
    const told = await talk('hello\n', args)
    expect([told.code, told.complaint]).toEqual([code, expect.stringMatching(complaint)])
    expect(told.complaint.trim().split('\n')).toHaveLength(1)
  })

  test('a wrong line in the file of settings stops the start, by its number', async () => {
    const file = join(folder, 'wrong.env')
    writeFileSync(file, 'PORT=0\nthis is no setting\n')
    await expect(serve(['--data', folder], { CONFIG_FILE: file })).rejects.toThrow(/line 2 is not NAME=value/)
  })

  test('the port in use ends the process with 3 and one line', { timeout: 30_000 }, async () => {
    const main = join(import.meta.dirname, 'main.ts')
    const env = { PATH: process.env.PATH, PORT: new URL(running.url).port, LOG_LEVEL: 'fatal' }
    const child = spawn(process.execPath, [main, 'serve', '--data', join(folder, 'other')], { env })
    const complaint = text(child.stderr)
    expect(await once(child, 'exit')).toEqual([3, null])
    expect(await complaint).toMatch(/^clawdbot: .*EADDRINUSE.*\n$/)
  })
})

test('events that come in pieces are told whole', () => {
  const told: object[] = []
  const parse = createParser((event) => told.push(event))
  for (const piece of ['event: del', 'ta\nda', 'ta: {"text":"a"}\n', '\ndata: 1\ndata: 2\n\nevent: done'])
    parse(piece)
  expect(told).toEqual([
    { event: 'delta', data: '{"text":"a"}' },
    { event: 'message', data: '1\n2' },
  ])
})
