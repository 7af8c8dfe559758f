import type { Context, MiddlewareHandler } from 'hono'
import type { MemoryStore } from '../database/memories.ts'
import type { NoteStore } from '../database/notes.ts'
import type { PinNote } from '../database/pinned-notes.ts'
import type { RequestRecord } from '../runtime/observe.ts'
import type { Readiness } from '../runtime/probes.ts'
import type { AgentClient } from './agent-client.ts'
import type { KeyStore } from './key-store.ts'
import type { Limiter } from './limiter.ts'
import type { ModelClient } from './model-client.ts'
import type { Authenticate } from './principal.ts'

/** What the gateway is put together from. Each part can be replaced by whoever starts it. */
export interface GatewayParts {
  agent: AgentClient
  /** Models that callers may use without an agent; null where none is declared. */
  models: ModelClient | null
  authenticate: Authenticate
  keys: KeyStore
  limiter: Limiter
  memories: () => MemoryStore
  notes: () => NoteStore
  pinNote: () => PinNote
  readiness: () => Promise<Readiness>
  /** Whether a page from this origin may read answers. */
  allowsOrigin: (origin: string) => boolean
  /** Writes a finished request to the log. */
  writeRecord: (record: RequestRecord, context: Context) => void
  /** Runs after a request began to be observed and before anything else. */
  middleware: readonly MiddlewareHandler[]
}
