import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, 'main.ts')
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clawdbot-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: string[]) =>
  JSON.parse(
    execFileSync(process.execPath, [MAIN, ...args, '--database', join(folder, 'd.sqlite')]).toString(),
  )

test('up, down and up again end at the same schema, and the declared checks hold', () => {
  const up = run('up')
  expect(up.from).toBe(0)
  expect(run('status')).toMatchObject({ version: up.to, latest: up.to })
  expect(run('check').checks.every((check: { ok: boolean }) => check.ok)).toBe(true)
  expect(run('down', '--to', String(up.to - 1)).to).toBe(up.to - 1)
  expect(run('up').to).toBe(up.to)
})
