import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeDatabase } from '../testing/database-suite.ts'
import { runDatabaseCommand } from './command.ts'
import { loadMigrations } from './migrations.ts'
import { DatabasePool } from './pool.ts'

describeDatabase('SQLite', {
  create: async () => join(mkdtempSync(join(tmpdir(), 'clawdbot-')), 'd.sqlite'),
  remove: async (place) => rmSync(dirname(place), { recursive: true, force: true }),
  schemaOf: ({ sql }) => sql.all('SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name'),
})

test('a pool whose file is away says so', async () => {
  const away = new DatabasePool('/nowhere/d.sqlite', 1)
  expect(await away.check()).toMatchObject({ ok: false, connections: 0 })
})

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clawdbot-'))
  const run = (...args: string[]) => runDatabaseCommand([...args, '--database', join(folder, 'd.sqlite')], {})
  beforeAll(async () => void (await run('up')))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('prints where the schema stands and what the checks find', async () => {
    const latest = (await loadMigrations()).length
    expect((await run('status')).output).toMatchObject({ version: latest, pending: [] })
    expect(await run('check')).toMatchObject({ good: true, output: { checks: expect.any(Array) } })
    expect((await run('down', '--to', '1')).output).toMatchObject({ to: 1 })
    expect((await run('up')).output).toMatchObject({ to: latest })
  })

  test.each([
    [['sideways'], 'usage'],
    [['up', 'down'], 'usage'],
    [['up', '--to', 'x'], '--to takes a number'],
    [['up', '--fast'], 'usage'],
  ])('refuses %j in one line', async (args, said) => {
    await expect(run(...args)).rejects.toThrow(said)
  })

  test('names the file that is not there', async () => {
    await expect(runDatabaseCommand(['status', '--database', '/none.sqlite'], {})).rejects.toThrow(
      '/none.sqlite',
    )
    await expect(runDatabaseCommand(['status'], {})).rejects.toThrow('no database given')
  })
})
