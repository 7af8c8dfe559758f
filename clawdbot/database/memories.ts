import type { Database } from './open.ts'
import { statement } from './statement.ts'

/** A turn of a conversation. */
export interface Turn {
  role: 'user' | 'assistant'
  text: string
}

/** What an agent keeps of its users. Everything is under a user; nobody sees another's. */
export interface MemoryStore {
  /** Stored once, however often it is told. The newest MEMORIES_KEPT are kept. */
  remember: (user: string, fact: string) => void
  /** Oldest first. */
  recall: (user: string) => string[]
  /** Everything that is kept of a user; answers how many facts that were. */
  forget: (user: string) => number
  append: (user: string, agent: string, conversation: string, turns: readonly Turn[]) => void
  /** The last `limit` turns, oldest first. */
  history: (user: string, conversation: string, limit: number) => Turn[]
}

const MEMORIES_KEPT = 100

export function createMemoryStore(database: Database): MemoryStore {
  const remember = statement(
    database,
    'INSERT INTO memories (user, fact, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const trim = statement(
    database,
    'DELETE FROM memories WHERE user = ?1 AND id NOT IN (SELECT id FROM memories WHERE user = ?1 ORDER BY id DESC LIMIT ?2)',
  )
  const forgetFacts = statement(database, 'DELETE FROM memories WHERE user = ?')
  const forgetConversations = statement(database, 'DELETE FROM conversations WHERE user = ?')
  const recall = statement(database, 'SELECT fact FROM memories WHERE user = ? ORDER BY id')
  const open = statement(database, 'INSERT INTO conversations VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const append = statement(
    database,
    'INSERT INTO messages (user, conversation, role, text, created_at) VALUES (?, ?, ?, ?, ?)',
  )
  const history = statement(
    database,
    'SELECT role, text FROM messages WHERE user = ? AND conversation = ? ORDER BY id DESC LIMIT ?',
  )
  return {
    remember: (user, fact) => {
      remember.run(user, fact, new Date().toISOString())
      trim.run(user, MEMORIES_KEPT)
    },
    recall: (user) => recall.all(user).map((row) => (row as { fact: string }).fact),
    forget: (user) => {
      // Their messages go with them (ON DELETE CASCADE).
      forgetConversations.run(user)
      return Number(forgetFacts.run(user).changes)
    },
    append: (user, agent, conversation, turns) => {
      const at = new Date().toISOString()
      database.exec('BEGIN IMMEDIATE')
      try {
        open.run(conversation, user, agent, at)
        for (const { role, text } of turns) append.run(user, conversation, role, text, at)
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    history: (user, conversation, limit) =>
      history
        .all(user, conversation, limit)
        .map((row) => ({ ...(row as Turn) }))
        .reverse(),
  }
}
