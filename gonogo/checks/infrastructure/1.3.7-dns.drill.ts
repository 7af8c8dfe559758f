import { createSocket } from 'node:dgram'
import packet from 'dns-packet'
import { type DrillFault, defineDrill } from '#checks/drill.ts'

const NAME = 'api.drill.internal'
const GOOD = '192.0.2.10'

/** A DNS server of one record; what it answers can be changed while it runs. */
type TinyServer = {
  address: string | null
  authoritative: boolean
  readonly port: number
  close(): Promise<void>
}
type Ground = { readonly authority: TinyServer; readonly resolvers: readonly [TinyServer, TinyServer] }

async function startServer(authoritative: boolean): Promise<TinyServer> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  let isOpen = true
  const close = async () => {
    if (isOpen) await new Promise<void>((resolve) => socket.close(() => resolve()))
    isOpen = false
  }
  const server: TinyServer = { address: GOOD, authoritative, port: socket.address().port, close }
  socket.on('message', (bytes, from) => socket.send(answer(server, bytes), from.port, from.address))
  return server
}

function answer(server: TinyServer, query: Buffer): Buffer {
  const { id, questions = [] } = packet.decode(query)
  const name = questions[0]?.name ?? NAME
  const answers = server.address === null ? [] : [{ type: 'A' as const, name, ttl: 60, data: server.address }]
  const flags =
    (server.authoritative ? packet.AUTHORITATIVE_ANSWER : packet.RECURSION_AVAILABLE) |
    packet.RECURSION_DESIRED
  const noSuchName = 3
  const rcode = answers.length === 0 ? noSuchName : 0
  return packet.encode({ type: 'response', id: id ?? 0, flags: flags | rcode, questions, answers })
}

async function ground() {
  const [authority, first, second] = await Promise.all([
    startServer(true),
    startServer(false),
    startServer(false),
  ])
  const at = (server: Pick<TinyServer, 'port'>) => `127.0.0.1:${server.port}`
  return {
    config: {
      authoritative: at(authority),
      resolvers: [at(first), at(second)],
      records: [{ name: NAME, type: 'A', values: [GOOD] }],
    },
    ground: { authority, resolvers: [first, second] as const },
    close: async () => {
      await Promise.all([authority, first, second].map((server) => server.close()))
    },
  }
}

const inServers = (
  name: string,
  expect: 'fail' | 'unknown',
  change: (ground: Ground) => unknown,
): DrillFault<Ground> => ({
  name,
  expect,
  plant: async (situation) => {
    await change(situation.ground)
    return {}
  },
})

export const drill = defineDrill<Ground>({
  item: '1.3.7',
  ground,
  faults: [
    inServers('a cached answer for the authoritative one', 'unknown', ({ authority }) => {
      authority.authoritative = false
    }),
    inServers('a resolver that still has the old address', 'fail', ({ resolvers }) => {
      resolvers[1].address = '192.0.2.99'
    }),
    inServers('another address at the authoritative server', 'fail', ({ authority }) => {
      authority.address = '192.0.2.99'
    }),
    inServers('a record that a resolver does not have', 'fail', ({ resolvers }) => {
      resolvers[0].address = null
    }),
    inServers('a server that does not answer', 'unknown', ({ authority }) => authority.close()),
  ],
})
