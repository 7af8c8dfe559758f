import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadMigrations, requiredSchema } from './migrations.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clawdbot-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('migrations are numbered without gaps, each with a way up and a way down', async () => {
  const migrations = await loadMigrations()
  expect(migrations.map((m) => m.version)).toEqual(migrations.map((_, i) => i + 1))
  for (const { up, down } of migrations) expect([up.length > 0, down.length > 0]).toEqual([true, true])
})

test('the code needs the schema of its last migration', async () => {
  expect(await requiredSchema()).toBe((await loadMigrations()).length)
})

test('a folder whose numbers have a gap is refused', async () => {
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(folder, '002-late.ts'), "export const up = ''\nexport const down = ''\n")
  await expect(loadMigrations(folder)).rejects.toThrow('should have number 1')
})
