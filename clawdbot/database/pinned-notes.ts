import type { Database } from './open.ts'
import { statement } from './statement.ts'

/** Sets whether a user's note stays on top of the list. False when there is no such note of this user. */
export type PinNote = (user: string, id: string, pinned: boolean) => boolean

export function createPinNote(database: Database): PinNote {
  const update = statement(database, 'UPDATE notes SET pinned = ? WHERE user = ? AND id = ?')
  return (user, id, pinned) => update.run(pinned ? 1 : 0, user, id).changes === 1
}
