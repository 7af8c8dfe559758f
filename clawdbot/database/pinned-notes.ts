import type { Sql } from './connection.ts'

/** Sets whether a user's note stays on top of the list. False when there is no such note of this user. */
export type PinNote = (user: string, id: string, pinned: boolean) => Promise<boolean>

export function createPinNote(sql: Sql): PinNote {
  return async (user, id, pinned) =>
    (await sql.run('UPDATE notes SET pinned = ? WHERE "user" = ? AND id = ?', [pinned ? 1 : 0, user, id])) ===
    1
}
