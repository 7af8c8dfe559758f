import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

/** Answers a query by its SQL: one row, or the code of an error. */
export type DrillQueries = (
  sql: string,
) => Readonly<Record<string, string | null>> | { readonly code: string }

export type DrillPostgres = { readonly url: string; queries: DrillQueries; close(): Promise<void> }

const SSL_REQUEST = 80877103

/** A server that speaks PostgreSQL's protocol 3.0 as far as one connection with plain queries needs it. */
export async function startDrillPostgres(queries: DrillQueries): Promise<DrillPostgres> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    talk(socket, (sql) => made.queries(sql))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const made: DrillPostgres = {
    url: `postgres://drill:drill@127.0.0.1:${port}/drill`,
    queries,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return made
}

function talk(socket: Socket, answer: DrillQueries): void {
  let rest = Buffer.alloc(0)
  let hasStarted = false
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 5) {
      const at = hasStarted ? 1 : 0
      const length = rest.readInt32BE(at) + at
      if (rest.length < length) return
      const body = rest.subarray(at + 4, length)
      const kind = hasStarted ? String.fromCharCode(rest[0] ?? 0) : 'startup'
      rest = rest.subarray(length)
      if (kind === 'startup' && body.readInt32BE(0) === SSL_REQUEST) socket.write('N')
      else if (kind === 'startup') {
        hasStarted = true
        socket.write(Buffer.concat([message('R', int32(0)), READY]))
      } else if (kind === 'Q') socket.write(reply(answer(text(body))))
      else if (kind === 'X') socket.end()
    }
  })
}

function reply(row: ReturnType<DrillQueries>): Buffer {
  if ('code' in row && row.code)
    return Buffer.concat([message('E', Buffer.from(`SERROR\0C${row.code}\0Mdrill\0\0`)), READY])
  const columns = Object.entries(row)
  const described = columns.map(([name]) => Buffer.concat([Buffer.from(`${name}\0`), TEXT_COLUMN]))
  const values = columns.map(([, value]) =>
    value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  )
  return Buffer.concat([
    message('T', int16(columns.length), ...described),
    message('D', int16(columns.length), ...values),
    message('C', Buffer.from('SELECT 1\0')),
    READY,
  ])
}

const text = (body: Buffer): string => body.toString('utf8').replace(/\0$/, '')

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function message(kind: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body])
}

const READY = message('Z', Buffer.from('I'))
/** Table, column, type text, size, modifier, format. */
const TEXT_COLUMN = Buffer.concat([int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)])
