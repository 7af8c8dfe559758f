import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../database/connection.ts'
import { checkIntegrity } from '../database/integrity.ts'
import { createMemoryStore } from '../database/memories.ts'
import { MigrationRefused, migrateDown, migrateUp, migrationStatus } from '../database/migrate.ts'
import { type Migration, migrationsFor } from '../database/migrations.ts'
import { createNoteStore } from '../database/notes.ts'
import { openDatabase } from '../database/open.ts'
import { DatabasePool } from '../database/pool.ts'
import { createSharedLimiter } from '../database/rate-limits.ts'

/** A kind of database under test. */
export interface DatabaseStand {
  /** Makes an empty database; answers its place. */
  create: () => Promise<string>
  remove: (place: string) => Promise<void>
  /** Tables, columns, indexes and constraints, comparable. */
  schemaOf: (connection: Connection) => Promise<unknown>
}

const run = promisify(execFile)
const [MAIN, HANGING] = ['database/main.ts', 'testing/migration-hangs.ts'].map((file) =>
  join(import.meta.dirname, '..', file),
) as [string, string]

/** What both kinds of database hold: migrations, stores, the limit over replicas. */
export function describeDatabase(name: string, stand: DatabaseStand): void {
  describe(name, () => {
    let place = ''
    let connection: Connection
    let migrations: Migration[]
    beforeEach(async () => {
      place = await stand.create()
      connection = openDatabase(place)
      migrations = await migrationsFor(connection.sql.kind)
      await migrateUp(connection, migrations)
    })
    afterEach(async () => {
      await connection.close()
      await stand.remove(place)
    })
    const notes = () => createNoteStore(connection.sql)
    const schema = () => stand.schemaOf(connection)
    const status = () => migrationStatus(connection, migrations)
    const main = async (...args: string[]) => {
      const { stdout } = await run(process.execPath, [MAIN, ...args, '--database', place])
      return JSON.parse(stdout) as { from: number; to: number }
    }

    describe('migrations', () => {
      test('up, down and up, step by step and all at once, leave schema and data as they were', async () => {
        const latest = migrations.length
        await notes().add('ann', { title: 'one', text: 'kept' })
        const before = await schema()
        expect(await migrateDown(connection, migrations)).toMatchObject({ from: latest, to: latest - 1 })
        expect((await status()).pending).toHaveLength(1)
        expect(await schema()).not.toEqual(before)
        expect(await migrateUp(connection, migrations)).toMatchObject({ from: latest - 1, to: latest })
        expect(await schema()).toEqual(before)
        expect(await notes().list('ann', 10)).toMatchObject([{ text: 'kept' }])
        await migrateDown(connection, migrations, 0)
        await migrateUp(connection, migrations)
        expect(await schema()).toEqual(before)
      })

      test('run twice, the second finds nothing to do', async () => {
        const latest = migrations.length
        expect(await migrateUp(connection, migrations)).toMatchObject({ from: latest, to: latest })
      })

      test('run by three at once, one does it and the others find it done', { timeout: 60_000 }, async () => {
        const latest = migrations.length
        const before = await schema()
        await migrateDown(connection, migrations, 0)
        const runs = await Promise.all([main('up'), main('up'), main('up')])
        expect(runs.map(({ from }) => from).sort()).toEqual([0, latest, latest])
        expect(await schema()).toEqual(before)
      })

      test('killed half-way, nothing happened, and the next one does all of it', {
        timeout: 60_000,
      }, async () => {
        const before = await schema()
        await migrateDown(connection, migrations, 1)
        const half = await schema()
        const child = spawn(process.execPath, [HANGING, 'up', '--database', place], {
          stdio: ['ignore', 'ignore', 'pipe'],
        })
        await new Promise((resolve) => child.stderr.once('data', resolve))
        child.kill('SIGKILL')
        await new Promise((resolve) => child.once('exit', resolve))
        await expect.poll(schema).toEqual(half)
        expect(await status()).toMatchObject({ version: 1 })
        expect(await main('up')).toMatchObject({ from: 1, to: migrations.length })
        expect(await schema()).toEqual(before)
      })

      test('one that fails half-way leaves everything as it was', async () => {
        const up = 'CREATE TABLE extra (id INTEGER); SELECT absent FROM nowhere'
        const broken = { version: migrations.length + 1, name: 'broken', up, down: '', checksum: 'x' }
        const before = await schema()
        await expect(migrateUp(connection, [...migrations, broken])).rejects.toThrow('nowhere')
        expect(await schema()).toEqual(before)
        expect(await status()).toMatchObject({ version: migrations.length })
      })

      test('an edited one, an unknown one and the wrong direction are refused', async () => {
        const [first, ...others] = migrations as [Migration, ...Migration[]]
        const up = (steps: readonly Migration[], to?: number) => migrateUp(connection, steps, to)
        await expect(up([{ ...first, checksum: 'edited' }, ...others])).rejects.toThrow(MigrationRefused)
        await expect(up(migrations, 99)).rejects.toThrow('there is no migration 99')
        await expect(up(migrations, 1)).rejects.toThrow('use down')
        await expect(migrateDown(connection, migrations.slice(0, 1))).rejects.toThrow(
          'this release ends at 1',
        )
        await expect(migrateDown(connection, migrations, migrations.length + 1)).rejects.toThrow('use up')
      })
    })

    describe('notes and memories', () => {
      test('are seen by their user only', async () => {
        const memories = createMemoryStore(connection.sql)
        const { id } = await notes().add('ann', { title: 'one', text: 'of ann' })
        await memories.remember('ann', 'likes tea')
        await memories.remember('ann', 'likes tea')
        const turns = [
          { role: 'user', text: 'hi' },
          { role: 'assistant', text: 'hello' },
        ] as const
        await memories.append('ann', 'assistant', 'c1', turns)
        expect(
          await Promise.all([notes().list('ben', 10), notes().get('ben', id), notes().remove('ben', id)]),
        ).toEqual([[], undefined, false])
        expect(await Promise.all([memories.recall('ben'), memories.history('ben', 'c1', 10)])).toEqual([
          [],
          [],
        ])
        expect(await memories.recall('ann')).toEqual(['likes tea'])
        expect(await memories.history('ann', 'c1', 10)).toEqual(turns)
        expect(await memories.history('ann', 'c1', 1)).toEqual([turns[1]])
        expect(await notes().get('ann', id)).toMatchObject({ text: 'of ann', pinned: false })
        expect([await notes().remove('ann', id), await notes().get('ann', id)]).toEqual([true, undefined])
      })

      test('are kept to the newest hundred facts of a user', async () => {
        const memories = createMemoryStore(connection.sql)
        for (let i = 0; i < 103; i++) await memories.remember('ann', `fact ${i}`)
        const kept = await memories.recall('ann')
        expect([kept.length, kept[0], kept.at(-1)]).toEqual([100, 'fact 3', 'fact 102'])
      })

      test('a row that was changed by hand is found', async () => {
        await notes().add('ann', { title: 'one', text: 'kept' })
        const wrong = async () =>
          (await checkIntegrity(connection.sql)).filter(({ ok }) => !ok).map(({ name }) => name)
        expect(await wrong()).toEqual([])
        await connection.sql.run("UPDATE notes SET text = 'changed'")
        expect(await wrong()).toEqual(['notes that differ from their digest'])
      })
    })

    describe('the shared limit', () => {
      test('admits a burst, then refuses, then admits again as time goes on', async () => {
        let now = 1_000_000
        const take = createSharedLimiter(connection.sql, { perMinute: 60, burst: 3 }, () => now)
        for (let i = 0; i < 3; i++) expect((await take('ann')).admitted).toBe(true)
        expect(await take('ann')).toEqual({ admitted: false, retryAfterSeconds: 1 })
        expect((await take('ben')).admitted).toBe(true)
        now += 1000
        expect((await take('ann')).admitted).toBe(true)
      })

      test('is one for two replicas, however they ask', async () => {
        const other = openDatabase(place)
        const [here, there] = [connection, other].map(({ sql }) =>
          createSharedLimiter(sql, { perMinute: 1, burst: 20 }),
        )
        const asked = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? here : there)?.('ann')))
        expect(asked.filter((one) => one?.admitted)).toHaveLength(20)
        await other.close()
      })
    })

    test('the pool tells of a schema that is too old, and makes a store once for each connection', async () => {
      const pool = new DatabasePool(place, migrations.length + 5)
      const state = await pool.check()
      expect(state).toMatchObject({
        ok: false,
        schema: migrations.length,
        error: expect.stringContaining('needs'),
      })
      expect(pool.store(createNoteStore)).toBe(pool.store(createNoteStore))
      expect(pool.connections).toBe(1)
      await pool.close()
      expect(pool.connections).toBe(0)
    })
  })
}
