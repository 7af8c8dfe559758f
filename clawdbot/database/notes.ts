import { createHash, randomUUID } from 'node:crypto'
import type { Sql } from './connection.ts'

/** A note of one user. `createdAt` is ISO 8601 in UTC. */
export interface Note {
  id: string
  title: string
  text: string
  pinned: boolean
  createdAt: string
}

/** Notes, each seen by its user only. */
export interface NoteStore {
  add: (user: string, note: { title: string; text: string }) => Promise<Note>
  /** Newest first, at most `limit`. */
  list: (user: string, limit: number) => Promise<Note[]>
  get: (user: string, id: string) => Promise<Note | undefined>
  /** False when there is no such note of this user. */
  remove: (user: string, id: string) => Promise<boolean>
}

/** What is stored beside a note, so that a changed row is noticed. */
export function digestOf(note: { title: string; text: string }): string {
  return createHash('sha256').update(note.title).update('\0').update(note.text).digest('hex')
}

type Row = Omit<Note, 'pinned'> & { pinned: number }

const COLUMNS = 'id, title, text, pinned, created_at AS "createdAt"'
const noteOf = (row: Row): Note => ({ ...row, pinned: row.pinned === 1 })

/** Columns are named in every statement: a column that a newer version added must not disturb this one. */
export function createNoteStore(sql: Sql): NoteStore {
  return {
    add: async (user, { title, text }) => {
      const note = { id: randomUUID(), title, text, pinned: false, createdAt: new Date().toISOString() }
      await sql.run(
        'INSERT INTO notes (id, "user", title, text, digest, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        [note.id, user, title, text, digestOf(note), note.createdAt],
      )
      return note
    },
    list: async (user, limit) => {
      const newest = `SELECT ${COLUMNS} FROM notes WHERE "user" = ? ORDER BY pinned DESC, created_at DESC, id LIMIT ?`
      return (await sql.all<Row>(newest, [user, limit])).map(noteOf)
    },
    get: async (user, id) => {
      const [row] = await sql.all<Row>(`SELECT ${COLUMNS} FROM notes WHERE "user" = ? AND id = ?`, [user, id])
      return row ? noteOf(row) : undefined
    },
    remove: async (user, id) =>
      (await sql.run('DELETE FROM notes WHERE "user" = ? AND id = ?', [user, id])) === 1,
  }
}
