import pg from 'pg'
import type { Log } from '../runtime/log.ts'
import { isPostgres } from './open.ts'

/**
 * Short words between the processes that share a database. Nothing is kept and nobody waits: who is away misses them, and
 * while the database is away nothing is sent. On SQLite, which is one machine's, nobody is told anything.
 */
export interface Signals {
  send: (text: string) => void
  /** Called for each signal, those of this process included. */
  onSignal: (listen: (text: string) => void) => void
  close: () => Promise<void>
}

const CHANNEL = 'clawdbot_signals'
const ANSWER_MS = 5_000
const AGAIN_MS = 1_000
/** How often the connection is tried: one whose other end vanished says nothing by itself. */
const LOOK_EVERY_MS = 15_000

const NOBODY: Signals = { send: () => undefined, onSignal: () => undefined, close: async () => undefined }

/** The signals of a database, a file or `postgres://…`; a connection that is lost is made again for as long as this is open. */
export function openSignals(place: string, log: Log): Signals {
  if (!isPostgres(place)) return NOBODY
  const listeners: ((text: string) => void)[] = []
  let client: pg.Client | undefined
  let again: NodeJS.Timeout | undefined
  let isClosed = false
  let isAway = false

  const connect = async (): Promise<void> => {
    const made = new pg.Client({
      connectionString: place,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      application_name: 'clawdbot signals',
    })
    made.on('error', (error) => lose(made, error))
    made.on('end', () => lose(made, new Error('the connection ended')))
    made.on('notification', ({ payload = '' }) => {
      for (const listen of listeners) listen(payload)
    })
    client = made
    try {
      await made.connect()
      await made.query(`LISTEN ${CHANNEL}`)
      if (isAway) log.info('signals between replicas again')
      isAway = false
    } catch (error) {
      lose(made, error as Error)
    }
  }
  const lose = (lost: pg.Client, { message }: Error): void => {
    if (client !== lost) return
    client = undefined
    void end(lost)
    if (isClosed) return
    if (!isAway) log.warn({ error: { message } }, 'no signals between replicas while the database is away')
    isAway = true
    again = setTimeout(() => void connect(), AGAIN_MS)
  }
  const ask = (text: string, values: string[] = []): void => {
    const current = client
    current?.query(text, values).catch((error: Error) => lose(current, error))
  }
  const looking = setInterval(() => ask('SELECT 1'), LOOK_EVERY_MS)
  void connect()
  return {
    send: (text) => ask(`SELECT pg_notify('${CHANNEL}', $1)`, [text]),
    onSignal: (listen) => void listeners.push(listen),
    close: async () => {
      isClosed = true
      clearInterval(looking)
      clearTimeout(again)
      const last = client
      client = undefined
      if (last) await end(last)
    },
  }
}

/** A connection that is given up may be broken already, which is all that its end could say. */
const end = (client: pg.Client): Promise<void> => client.end().catch(() => undefined)
