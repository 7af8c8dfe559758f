import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { verifyChain } from '#core/record.ts'
import { openSqliteStore, storageProblem } from './sqlite-store.ts'
import { type Store, StoreProblem } from './store.ts'

let folder = ''
let store: Store
const record = (type: string) => ({ at: 1, type, data: { n: 1 } })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-store-'))
  store = openSqliteStore(join(folder, 'log.sqlite'))
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the log', () => {
  it('appends in order, chained, and reads the same back', () => {
    expect(store.append('d-1', 0, null, [record('a'), record('b')]).ok).toBe(true)
    expect(store.append('d-1', 2, null, [record('c')]).ok).toBe(true)
    const records = store.read('d-1', 0)
    expect(records.map((r) => r.type)).toEqual(['a', 'b', 'c'])
    expect(verifyChain(records)).toEqual([])
  })

  it('refuses an append on a state that is no longer the last', () => {
    store.append('d-1', 0, null, [record('a')])
    expect(store.append('d-1', 0, null, [record('b')])).toEqual({ ok: false, code: 'conflict', seq: 1 })
    expect(store.read('d-1', 0)).toHaveLength(1)
  })

  it('refuses an engine whose lease another one has taken over', () => {
    const first = store.lease('d-1', 'one', 0, 10)
    const second = store.lease('d-1', 'two', 20, 10)
    expect([first, second]).toEqual([
      { ok: true, epoch: 1 },
      { ok: true, epoch: 2 },
    ])
    expect(store.append('d-1', 0, 1, [record('a')])).toEqual({ ok: false, code: 'deposed', epoch: 2 })
    expect(store.append('d-1', 0, 2, [record('a')]).ok).toBe(true)
  })

  it('lets nobody take a lease that is held', () => {
    store.lease('d-1', 'one', 0, 100)
    expect(store.lease('d-1', 'two', 50, 100)).toEqual({ ok: false, holder: 'one', expiresAt: 100 })
  })

  it('is the same for two processes on one file', () => {
    const other = openSqliteStore(join(folder, 'log.sqlite'))
    store.append('d-1', 0, null, [record('a')])
    expect(other.append('d-1', 1, null, [record('b')]).ok).toBe(true)
    expect(store.read('d-1', 1).map((r) => r.type)).toEqual(['b'])
    other.close()
  })

  it('gives samples back in the order they came, though the clock was set back in between', () => {
    store.addSample('d-1', { at: 2, body: 'a' })
    store.addSample('d-1', { at: 1, body: 'b' })
    expect(store.samples('d-1', 0, 10).map((s) => s.body)).toEqual(['a', 'b'])
  })

  it('waits for the disk with each record, and with no sample or lease', () => {
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    const asked = (write: () => unknown) => {
      exec.mockClear()
      write()
      return exec.mock.calls.map(([sql]) => /synchronous = (\w+)/.exec(sql)?.[1]).filter(Boolean)
    }
    try {
      expect(asked(() => store.lease('d-1', 'one', 0, 10))).toEqual(['normal'])
      expect(asked(() => store.append('d-1', 0, 1, [record('a')]))).toEqual(['full'])
      expect(asked(() => store.addSample('d-1', { at: 1, body: 'a' }))).toEqual(['normal'])
    } finally {
      exec.mockRestore()
    }
  })

  it('says in one line that a file is no log', () => {
    const file = join(folder, 'other.sqlite')
    writeFileSync(file, 'this is not a database, but it is long enough to be taken for one'.repeat(20))
    expect(() => openSqliteStore(file)).toThrow(StoreProblem)
  })

  it.each([
    ['disk I/O error', 778, 'broken'],
    ['disk I/O error', 266, 'broken'],
    ['attempt to write a readonly database', 1032, 'read-only'],
    ['database is locked', 261, 'in-use'],
  ])('knows trouble with storage by its extended code: %s, %i', (message, errcode, code) => {
    expect(storageProblem('log.sqlite', Object.assign(new Error(message), { errcode }))).toMatchObject({
      code,
    })
  })

  it('says in one line that the disk is full, and appends nothing', () => {
    const file = join(folder, 'small.sqlite')
    openSqliteStore(file).close()
    const db = new DatabaseSync(file)
    const { page_count: pages } = db.prepare('pragma page_count').get() as { page_count: number }
    db.close()
    const small = openSqliteStore(file, { maxPages: pages })
    const big = { at: 1, type: 'a', data: 'x'.repeat(100_000) }
    expect(() => small.append('d-1', 0, null, [big])).toThrow(/disk is full/)
    expect(small.read('d-1', 0)).toEqual([])
    small.close()
  })
})
