import type { Sql } from './connection.ts'

/** A turn of a conversation. */
export interface Turn {
  role: 'user' | 'assistant'
  text: string
}

/** What an agent keeps of its users. Everything is under a user; nobody sees another's. */
export interface MemoryStore {
  /** Stored once, however often it is told. The newest MEMORIES_KEPT are kept. */
  remember: (user: string, fact: string) => Promise<void>
  /** Oldest first. */
  recall: (user: string) => Promise<string[]>
  /** Everything that is kept of a user; answers how many facts that were. */
  forget: (user: string) => Promise<number>
  append: (user: string, agent: string, conversation: string, turns: readonly Turn[]) => Promise<void>
  /** The last `limit` turns, oldest first. */
  history: (user: string, conversation: string, limit: number) => Promise<Turn[]>
}

const MEMORIES_KEPT = 100

export function createMemoryStore(sql: Sql): MemoryStore {
  return {
    remember: async (user, fact) => {
      const at = new Date().toISOString()
      await sql.run(
        'INSERT INTO memories ("user", fact, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        [user, fact, at],
      )
      await sql.run(
        'DELETE FROM memories WHERE "user" = ? AND id NOT IN (SELECT id FROM memories WHERE "user" = ? ORDER BY id DESC LIMIT ?)',
        [user, user, MEMORIES_KEPT],
      )
    },
    recall: async (user) => {
      const rows = await sql.all<{ fact: string }>('SELECT fact FROM memories WHERE "user" = ? ORDER BY id', [
        user,
      ])
      return rows.map(({ fact }) => fact)
    },
    forget: async (user) => {
      // Their messages go with them (ON DELETE CASCADE).
      await sql.run('DELETE FROM conversations WHERE "user" = ?', [user])
      return sql.run('DELETE FROM memories WHERE "user" = ?', [user])
    },
    append: async (user, agent, conversation, turns) => {
      if (turns.length === 0) return
      const at = new Date().toISOString()
      await sql.run(
        'INSERT INTO conversations (id, "user", agent, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        [conversation, user, agent, at],
      )
      // All turns in one statement: all are kept, or none.
      const rows = turns.map(() => '(?, ?, ?, ?, ?)').join(', ')
      const values = turns.flatMap(({ role, text }) => [user, conversation, role, text, at])
      await sql.run(
        `INSERT INTO messages ("user", conversation, role, text, created_at) VALUES ${rows}`,
        values,
      )
    },
    history: async (user, conversation, limit) => {
      const last =
        'SELECT role, text FROM messages WHERE "user" = ? AND conversation = ? ORDER BY id DESC LIMIT ?'
      return (await sql.all<Turn>(last, [user, conversation, limit])).reverse()
    },
  }
}
