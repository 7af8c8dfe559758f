import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import packet, { type Answer, type DecodedPacket } from 'dns-packet'
import { ReadingProblem } from '../reading-problem.ts'

const LIMIT_MS = 5000
const TRIES = 2
const MAX_ID = 65_536

export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'TXT', 'MX', 'NS'] as const
export type RecordType = (typeof RECORD_TYPES)[number]
export type DnsServer = { readonly address: string; readonly port: number }
export type DnsAnswer = {
  /** The records' values in one spelling, sorted; empty where the name or type does not exist. */
  readonly values: readonly string[]
  /** True when the server says that the answer is its own, and not one it remembers from another. */
  readonly authoritative: boolean
}

/** Asks one server over UDP, without recursion, and reads the answer's flags: a cache cannot say it has authority. */
export async function askAuthority(
  server: DnsServer,
  name: string,
  type: RecordType,
  signal: AbortSignal,
): Promise<DnsAnswer> {
  const source = `DNS ${server.address}:${server.port}`
  const reply = await ask(server, name, type, signal, source)
  if (reply.flag_tc) throw new ReadingProblem('cut-off', source, `the answer for ${name} is cut off`)
  if (!['NOERROR', 'NXDOMAIN'].includes(reply.rcode))
    throw new ReadingProblem('unreachable', source, `answers ${reply.rcode} for ${name}`)
  const answers = (reply.answers ?? []).filter((a) => a.type === type && sameName(a.name, name))
  return { values: answers.map(dataOf).sort(), authoritative: reply.flag_aa }
}

function ask(server: DnsServer, name: string, type: RecordType, signal: AbortSignal, source: string) {
  const id = randomInt(MAX_ID)
  const query = packet.encode({ type: 'query', id, flags: 0, questions: [{ type, name }] })
  return new Promise<DecodedPacket & { rcode: string }>((resolve, reject) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4')
    const end = (problem: ReadingProblem | null, reply?: DecodedPacket) => {
      clearInterval(again)
      signal.removeEventListener('abort', abort)
      socket.close()
      if (problem) reject(problem)
      else if (reply) resolve(reply as DecodedPacket & { rcode: string })
    }
    const refuse = (reason: string) => end(new ReadingProblem('unreachable', source, reason))
    const abort = () => refuse('the check was ended')
    const send = () => socket.send(query)
    let tries = 1
    const again = setInterval(
      () => (tries++ < TRIES ? send() : refuse(`no answer for ${name}`)),
      LIMIT_MS / TRIES,
    )
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (error) => refuse(`cannot be asked (${error.message})`))
    socket.on('message', (bytes) => {
      const reply = decodeReply(bytes)
      const question = reply?.questions?.[0]
      if (reply?.id === id && question && sameName(question.name, name) && question.type === type)
        end(null, reply)
    })
    // Connected, the socket hears nobody else, and hears at once when nobody listens there.
    socket.connect(server.port, server.address, send)
  })
}

/** Bytes that are no DNS answer are somebody else's; the wait for ours goes on. */
function decodeReply(bytes: Buffer): DecodedPacket | null {
  try {
    return packet.decode(bytes)
  } catch {
    return null
  }
}

/** Asks a resolver as any client would. */
export async function askResolver(
  server: DnsServer,
  name: string,
  type: RecordType,
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: LIMIT_MS / TRIES, tries: TRIES })
  const address = isIPv6(server.address) ? `[${server.address}]` : server.address
  resolver.setServers([`${address}:${server.port}`])
  try {
    const records = (await resolver.resolve(name, type)) as unknown[]
    return records.map(spell).sort()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND' || code === 'ENODATA') return []
    throw new ReadingProblem(
      'unreachable',
      `DNS ${server.address}:${server.port}`,
      `no answer for ${name} (${code})`,
    )
  }
}

function dataOf(answer: Answer): string {
  const data = 'data' in answer ? (answer.data as unknown) : ''
  if (answer.type !== 'TXT') return spell(data)
  return (Array.isArray(data) ? data : [data])
    .map((part) => Buffer.from(part as Buffer).toString('utf8'))
    .join('')
}

/** One spelling for both sources: TXT joined, `10 mail.x` for MX, names in lower case without the last dot. */
function spell(record: unknown): string {
  if (Array.isArray(record)) return record.join('')
  if (typeof record === 'object' && record !== null) {
    const { preference, priority, exchange } = record as {
      preference?: number
      priority?: number
      exchange?: string
    }
    return `${priority ?? preference} ${spellName(exchange ?? '')}`
  }
  return spellName(String(record))
}

export const spellName = (name: string): string => name.toLowerCase().replace(/\.$/, '')
const sameName = (a: string, b: string): boolean => spellName(a) === spellName(b)
