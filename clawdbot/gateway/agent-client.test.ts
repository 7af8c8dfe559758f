import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createAgentClient } from './agent-client.ts'

const message = { user: 'ann', text: 'hi', tools: [] }

test.each<[string, (response: ServerResponse) => void, object]>([
  [
    'an answer that breaks off',
    (response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('{"agent":', () => response.destroy())
    },
    { status: 502, detail: 'the agent’s answer broke off; try again' },
  ],
  [
    'an answer that takes too long to end',
    (response) => void response.writeHead(200, { 'content-length': 100 }).write('{'),
    { status: 504, code: 'agent_timeout' },
  ],
  [
    'an answer that is no JSON',
    (response) => void response.end('<html>'),
    { status: 502, detail: expect.stringContaining('in a form') },
  ],
  [
    'a refusal without a reason',
    (response) => void response.writeHead(404).end('no'),
    { status: 502, detail: 'the agent refused with 404 and no reason' },
  ],
])('%s is told as what it is', async (_name, answer, problem) => {
  const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = createAgentClient(`http://127.0.0.1:${port}`, 500, (call) => call(), new Registry())
  try {
    await expect(client.send('assistant', message, 'one')).rejects.toMatchObject({ problem })
  } finally {
    server.closeAllConnections()
    server.close()
    await client.close()
  }
})
