import { createHash, randomUUID } from 'node:crypto'
import type { Database } from './open.ts'
import { statement } from './statement.ts'

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
  add: (user: string, note: { title: string; text: string }) => Note
  /** Newest first, at most `limit`. */
  list: (user: string, limit: number) => Note[]
  get: (user: string, id: string) => Note | undefined
  /** False when there is no such note of this user. */
  remove: (user: string, id: string) => boolean
}

/** What is stored beside a note, so that a changed row is noticed. */
export function digestOf(note: { title: string; text: string }): string {
  return createHash('sha256').update(note.title).update('\0').update(note.text).digest('hex')
}

type Row = Omit<Note, 'pinned'>

const COLUMNS = 'id, title, text, created_at AS createdAt'
const noteOf = (row: unknown): Note => ({ ...(row as Row), pinned: false })

/** Columns are named in every statement: a column that a newer version added must not disturb this one. */
export function createNoteStore(database: Database): NoteStore {
  const insert = statement(
    database,
    'INSERT INTO notes (id, user, title, text, digest, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const list = statement(
    database,
    `SELECT ${COLUMNS} FROM notes WHERE user = ? ORDER BY created_at DESC, id LIMIT ?`,
  )
  const get = statement(database, `SELECT ${COLUMNS} FROM notes WHERE user = ? AND id = ?`)
  const remove = statement(database, 'DELETE FROM notes WHERE user = ? AND id = ?')
  return {
    add: (user, { title, text }) => {
      const note = { id: randomUUID(), title, text, pinned: false, createdAt: new Date().toISOString() }
      insert.run(note.id, user, title, text, digestOf(note), note.createdAt)
      return note
    },
    list: (user, limit) => list.all(user, limit).map(noteOf),
    get: (user, id) => {
      const row = get.get(user, id)
      return row ? noteOf(row) : undefined
    },
    remove: (user, id) => remove.run(user, id).changes === 1,
  }
}
