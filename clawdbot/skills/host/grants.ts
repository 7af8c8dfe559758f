import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import type { NoteStore } from '../../database/notes.ts'
import { storedText } from '../../text/stored-text.ts'
import type { SkillManifest } from '../manifest.ts'
import type { FetchPage } from './fetch-page.ts'

/** What a skill may ask its host for. */
export interface Grants {
  /** A ticket for one call, for one user. */
  admit(user: string): string
  dismiss(ticket: string): void
  close(): void
}

/** What the host has to give. */
export interface HostServices {
  notes: () => NoteStore
  fetchPage: FetchPage
}

const MOST_BODY = 64 * 1024
const noteInput = z.strictObject({ text: storedText.min(1).max(8_000) })
const fetchInput = z.strictObject({ url: z.string().max(2_000) })

class Refused extends Error {}

/**
 * A socket by which one skill asks for what its manifest's permissions grant, and for nothing else. For whom is decided by
 * the ticket of the call, which the host gave out and takes back: a skill cannot name a user.
 */
export async function openGrants(
  socket: string,
  { permissions }: SkillManifest,
  services: HostServices,
): Promise<Grants> {
  const tickets = new Map<string, string>()
  const server = createServer((request, response) => {
    void answer(request, response, (what, input) => {
      const user = tickets.get(String(request.headers['x-call']))
      if (user === undefined) throw new Refused('this is not part of a call')
      return grant(what, input, user, permissions, services)
    })
  })
  await listen(server, socket)
  chmodSync(socket, 0o666)
  return {
    admit: (user) => {
      const ticket = randomBytes(16).toString('hex')
      tickets.set(ticket, user)
      return ticket
    },
    dismiss: (ticket) => void tickets.delete(ticket),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function grant(
  what: string,
  input: unknown,
  user: string,
  permissions: SkillManifest['permissions'],
  { notes, fetchPage }: HostServices,
): Promise<string> {
  if (what.startsWith('notes/') && !permissions.database.includes('notes'))
    throw new Refused('the skill has no permission for notes')
  if (what === 'notes/add') {
    const { text } = noteInput.parse(input)
    const title = text.split('\n', 1)[0]?.slice(0, 80) ?? ''
    return `saved note ${(await notes().add(user, { title, text })).id}`
  }
  if (what === 'notes/list') {
    const lines = (await notes().list(user, 50)).map((note) => `- ${note.text}`)
    return lines.length === 0 ? 'no notes' : lines.join('\n')
  }
  if (what === 'fetch') return fetchPage(fetchInput.parse(input).url, permissions.network)
  throw new Refused(`the host gives no ${what}`)
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  give: (what: string, input: unknown) => Promise<string>,
): Promise<void> {
  try {
    const text = await give((request.url ?? '/').slice(1), JSON.parse(await bodyOf(request)))
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
  } catch (error) {
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end((error as Error).message)
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > MOST_BODY) throw new Refused('the request is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
}
