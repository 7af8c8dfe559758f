import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { GENESIS_HASH, type LogRecord, sealRecord } from '#core/record.ts'
import {
  type AppendResult,
  type LeaseResult,
  type NewRecord,
  type Store,
  type StoredSample,
  StoreProblem,
} from './store.ts'

const SCHEMA = `
  create table if not exists records (
    stream text not null, seq integer not null, hash text not null, body text not null,
    primary key (stream, seq)
  ) strict, without rowid;
  create table if not exists leases (
    stream text primary key, holder text not null, epoch integer not null, expires_at integer not null
  ) strict, without rowid;
  create table if not exists samples (
    stream text not null, at integer not null, body text not null
  ) strict;
  create index if not exists samples_at on samples (stream, at);
`

const BUSY_MS = 5000

/** What making the log's folder says where nobody can write: a read-only disk answers ENOENT to a recursive mkdir. */
const UNWRITABLE: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EEXIST'])

/**
 * The log in one SQLite file, WAL. Several processes may append. Records are written with synchronous FULL, so that what
 * was answered is on disk; samples and leases with NORMAL: they outlive this process, and the next record takes them to
 * the disk. A machine that loses its power loses the last of them alone, and the process whose they were.
 */
export function openSqliteStore(file: string, limits: { maxPages?: number } = {}): Store {
  return guarded(file, () => {
    mkdirSync(dirname(file), { recursive: true })
    // Patience first: two that start at the same moment both want to set the mode.
    const db = new DatabaseSync(file, { timeout: BUSY_MS })
    db.exec('pragma journal_mode = wal;')
    if (limits.maxPages) db.exec(`pragma max_page_count = ${Math.floor(limits.maxPages)}`)
    db.exec(SCHEMA)
    return new SqliteStore(file, db)
  })
}

class SqliteStore implements Store {
  readonly #file: string
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(file: string, db: DatabaseSync) {
    this.#file = file
    this.#db = db
  }

  append(
    stream: string,
    expectedSeq: number,
    epoch: number | null,
    records: readonly NewRecord[],
  ): AppendResult {
    return this.#transaction('full', () => {
      const last = this.#compiled(
        'select seq, hash from records where stream = ? order by seq desc limit 1',
      ).get(stream) as { seq: number; hash: string } | undefined
      const seq = last?.seq ?? 0
      const held = this.#compiled('select epoch from leases where stream = ?').get(stream) as
        | { epoch: number }
        | undefined
      if (epoch !== null && held && held.epoch > epoch)
        return { ok: false, code: 'deposed', epoch: held.epoch }
      if (seq !== expectedSeq) return { ok: false, code: 'conflict', seq }
      return { ok: true, records: this.#insert(stream, seq, last?.hash ?? GENESIS_HASH, epoch, records) }
    })
  }

  #insert(
    stream: string,
    seq: number,
    prev: string,
    epoch: number | null,
    records: readonly NewRecord[],
  ): LogRecord[] {
    const insert = this.#compiled('insert into records (stream, seq, hash, body) values (?, ?, ?, ?)')
    const sealed: LogRecord[] = []
    for (const { at, type, data } of records) {
      const last = sealed.at(-1)
      const record = sealRecord({
        stream,
        seq: (last?.seq ?? seq) + 1,
        at,
        epoch,
        type,
        v: 1,
        data: JSON.parse(JSON.stringify(data)),
        prev: last?.hash ?? prev,
      })
      insert.run(stream, record.seq, record.hash, JSON.stringify(record))
      sealed.push(record)
    }
    return sealed
  }

  read(stream: string, from: number): readonly LogRecord[] {
    return guarded(this.#file, () => {
      const rows = this.#compiled('select body from records where stream = ? and seq > ? order by seq').all(
        stream,
        from,
      )
      return rows.map((row) => JSON.parse(String(row.body)) as LogRecord)
    })
  }

  streams(): readonly string[] {
    return guarded(this.#file, () => {
      const rows = this.#db
        .prepare("select stream from records where seq = 1 order by json_extract(body, '$.at')")
        .all()
      return rows.map((row) => String(row.stream))
    })
  }

  lease(stream: string, holder: string, now: number, ttlMs: number): LeaseResult {
    return this.#transaction('normal', () => {
      const held = this.#compiled('select holder, epoch, expires_at from leases where stream = ?').get(
        stream,
      ) as { holder: string; epoch: number; expires_at: number } | undefined
      if (held && held.holder !== holder && held.expires_at > now)
        return { ok: false, holder: held.holder, expiresAt: held.expires_at }
      const epoch = held ? (held.holder === holder ? held.epoch : held.epoch + 1) : 1
      this.#compiled(
        'insert into leases values (?, ?, ?, ?) on conflict (stream) do update set holder = ?2, epoch = ?3, expires_at = ?4',
      ).run(stream, holder, epoch, now + ttlMs)
      return { ok: true, epoch }
    })
  }

  release(stream: string, holder: string): void {
    this.#transaction('normal', () =>
      this.#compiled('update leases set expires_at = 0 where stream = ? and holder = ?').run(stream, holder),
    )
  }

  addSample(stream: string, sample: StoredSample): void {
    this.#transaction('normal', () =>
      this.#compiled('insert into samples (stream, at, body) values (?, ?, ?)').run(
        stream,
        sample.at,
        sample.body,
      ),
    )
  }

  samples(stream: string, fromMs: number, toMs: number): readonly StoredSample[] {
    return guarded(this.#file, () => {
      const rows = this.#db
        .prepare('select at, body from samples where stream = ? and at >= ? and at < ? order by rowid')
        .all(stream, fromMs, toMs)
      return rows.map((row) => ({ at: Number(row.at), body: String(row.body) }))
    })
  }

  *eachSample(stream: string): Generator<StoredSample> {
    const rows = guarded(this.#file, () =>
      this.#db.prepare('select at, body from samples where stream = ? order by rowid').iterate(stream),
    )
    for (;;) {
      const next = guarded(this.#file, () => rows.next())
      if (next.done) return
      yield { at: Number(next.value.at), body: String(next.value.body) }
    }
  }

  close(): void {
    this.#db.close()
  }

  /** Asked many times a second, a statement is compiled once. */
  #compiled(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  /** `durability` is SQLite's `synchronous`, which cannot be changed once the transaction has begun. */
  #transaction<T>(durability: 'full' | 'normal', work: () => T): T {
    return guarded(this.#file, () => {
      this.#db.exec(`pragma synchronous = ${durability}; begin immediate`)
      try {
        const result = work()
        this.#db.exec('commit')
        return result
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('rollback')
        throw error
      }
    })
  }
}

function guarded<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storageProblem(file, error) ?? error
  }
}

/** SQLite's result codes in words; null for what is no trouble with storage. */
export function storageProblem(file: string, error: unknown): StoreProblem | null {
  const message = error instanceof Error ? error.message : String(error)
  const { errcode = 0, code: system } = error as { code?: string; errcode?: number }
  // What is told is the extended code; its low byte is the one of the kinds below.
  const code = errcode & 0xff
  if (code === 13 || system === 'ENOSPC')
    return new StoreProblem('disk-full', `${file}: the disk is full; free some space and start again`)
  if (code === 8 || code === 14 || (system !== undefined && UNWRITABLE.has(system)))
    return new StoreProblem(
      'read-only',
      `${file}: cannot be written; check the folder's permissions and mount`,
    )
  if (code === 5 || code === 6)
    return new StoreProblem('in-use', `${file}: another process keeps it locked; end that process`)
  if (code === 10)
    return new StoreProblem('broken', `${file}: cannot be read or written (${message}); look at the disk`)
  if (code === 11 || code === 26)
    return new StoreProblem('broken', `${file}: is not a readable log (${message}); restore it from a copy`)
  return null
}
