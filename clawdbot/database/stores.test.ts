import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runDatabaseCommand } from './command.ts'
import { checkIntegrity } from './integrity.ts'
import { createMemoryStore } from './memories.ts'
import { MigrationRefused, migrateDown, migrateUp, migrationStatus } from './migrate.ts'
import { loadMigrations, type Migration } from './migrations.ts'
import { createNoteStore } from './notes.ts'
import { type Database, openDatabase } from './open.ts'
import { DatabasePool } from './pool.ts'
import { createSharedLimiter } from './rate-limits.ts'

let folder = ''
let file = ''
let database: Database
let migrations: Migration[]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clawdbot-'))
  file = join(folder, 'd.sqlite')
  database = openDatabase(file)
  migrations = await loadMigrations()
  migrateUp(database, migrations)
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('migrations', () => {
  test('up, down and up leave schema and data as they were', () => {
    const latest = migrations.length
    createNoteStore(database).add('ann', { title: 'one', text: 'kept' })
    const before = schemaOf(database)
    expect(migrateDown(database, migrations, latest - 1)).toMatchObject({ from: latest, to: latest - 1 })
    expect(migrationStatus(database, migrations).pending).toHaveLength(1)
    expect(migrateUp(database, migrations)).toMatchObject({ from: latest - 1, to: latest })
    expect(schemaOf(database)).toEqual(before)
    expect(createNoteStore(database).list('ann', 10)).toMatchObject([{ text: 'kept' }])
  })

  test('run twice, the second finds nothing to do', () => {
    expect(migrateUp(database, migrations)).toMatchObject({ from: migrations.length, to: migrations.length })
  })

  test('one that fails half-way leaves everything as it was', () => {
    const broken = {
      version: migrations.length + 1,
      name: 'broken',
      up: 'CREATE TABLE extra (id); SELECT nothing',
      down: '',
      checksum: 'x',
    }
    const before = schemaOf(database)
    expect(() => migrateUp(database, [...migrations, broken])).toThrow('nothing')
    expect(schemaOf(database)).toEqual(before)
  })

  test('an edited one, an unknown one and the wrong direction are refused', () => {
    const [first, ...others] = migrations as [Migration, ...Migration[]]
    expect(() => migrateUp(database, [{ ...first, checksum: 'edited' }, ...others])).toThrow(MigrationRefused)
    expect(() => migrateUp(database, migrations, 99)).toThrow('there is no migration 99')
    expect(() => migrateUp(database, migrations, 1)).toThrow('use down')
    expect(() => migrateDown(database, migrations.slice(0, 1))).toThrow('this release ends at 1')
    expect(() => migrateDown(database, migrations, migrations.length + 1)).toThrow('use up')
  })
})

describe('notes and memories', () => {
  test('are seen by their user only', () => {
    const [notes, memories] = [createNoteStore(database), createMemoryStore(database)]
    const { id } = notes.add('ann', { title: 'one', text: 'of ann' })
    memories.remember('ann', 'likes tea')
    memories.remember('ann', 'likes tea')
    memories.append('ann', 'assistant', 'c1', [
      { role: 'user', text: 'hi' },
      { role: 'assistant', text: 'hello' },
    ])
    expect([notes.list('ben', 10), notes.get('ben', id), notes.remove('ben', id)]).toEqual([
      [],
      undefined,
      false,
    ])
    expect([memories.recall('ben'), memories.history('ben', 'c1', 10)]).toEqual([[], []])
    expect(memories.recall('ann')).toEqual(['likes tea'])
    expect(memories.history('ann', 'c1', 10)).toEqual([
      { role: 'user', text: 'hi' },
      { role: 'assistant', text: 'hello' },
    ])
    expect([notes.get('ann', id)?.text, notes.remove('ann', id), notes.get('ann', id)]).toEqual([
      'of ann',
      true,
      undefined,
    ])
  })

  test('a row that was changed by hand is found', () => {
    createNoteStore(database).add('ann', { title: 'one', text: 'kept' })
    expect(checkIntegrity(database).every(({ ok }) => ok)).toBe(true)
    database.exec("UPDATE notes SET text = 'changed'")
    expect(
      checkIntegrity(database)
        .filter(({ ok }) => !ok)
        .map(({ name }) => name),
    ).toEqual(['notes that differ from their digest'])
  })
})

describe('the shared limit', () => {
  test('admits a burst, then refuses, then admits again as time goes on', () => {
    let now = 1_000_000
    const take = createSharedLimiter(database, { perMinute: 60, burst: 3 }, () => now)
    expect([take('ann'), take('ann'), take('ann')].every(({ admitted }) => admitted)).toBe(true)
    expect(take('ann')).toEqual({ admitted: false, retryAfterSeconds: 1 })
    expect(take('ben').admitted).toBe(true)
    now += 1000
    expect(take('ann').admitted).toBe(true)
  })

  test('is one for two replicas', () => {
    const other = openDatabase(file)
    const limit = { perMinute: 60, burst: 2 }
    const [here, there] = [createSharedLimiter(database, limit), createSharedLimiter(other, limit)]
    expect([here('ann'), there('ann'), here('ann')].map(({ admitted }) => admitted)).toEqual([
      true,
      true,
      false,
    ])
    other.close()
  })
})

describe('the pool', () => {
  test('tells of a schema that is too old, and of a database that is away', () => {
    const pool = new DatabasePool(file, migrations.length + 5)
    expect(pool.check()).toMatchObject({
      ok: false,
      schema: migrations.length,
      error: expect.stringContaining('needs'),
    })
    pool.close()
    const away = new DatabasePool(join(folder, 'none', 'd.sqlite'), 1)
    expect(away.check()).toMatchObject({ ok: false, connections: 0 })
  })

  test('makes a store once for each connection', () => {
    const pool = new DatabasePool(file, migrations.length)
    expect(pool.store(createNoteStore)).toBe(pool.store(createNoteStore))
    expect(pool.check()).toMatchObject({ ok: true, connections: 1 })
    pool.close()
    expect(pool.connections).toBe(0)
  })
})

describe('the command line', () => {
  const run = (...args: string[]) => runDatabaseCommand([...args, '--database', file], {})

  test('prints where the schema stands and what the checks find', async () => {
    expect((await run('status')).output).toMatchObject({ version: migrations.length, pending: [] })
    expect(await run('check')).toMatchObject({ good: true, output: { checks: expect.any(Array) } })
    expect((await run('down', '--to', '1')).output).toMatchObject({ to: 1 })
    expect((await run('up')).output).toMatchObject({ to: migrations.length })
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

const schemaOf = (one: Database) =>
  one.prepare('SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all()
