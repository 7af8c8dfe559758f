import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Makes sure that one process has the folder. The lock is SQLite's, so the system takes it away with the process, however
 * that ends. Returns what releases it, or null when another process has it. Throws when the folder cannot be written.
 */
export function lockFolder(folder: string): (() => void) | null {
  const database = new DatabaseSync(join(folder, 'supervisor.lock'))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return () => database.close()
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null
    throw error
  }
}

const SQLITE_BUSY = 5
