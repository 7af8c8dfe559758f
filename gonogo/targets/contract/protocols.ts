import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { type ContractWorld, inWorld, type MakeWorld, withStable } from './world.ts'

export function describeProtocols(makeWorld: MakeWorld): void {
  const inOne = (body: (world: ContractWorld) => Promise<void>) => inWorld(makeWorld, body)

  describe('through the public address', () => {
    test(
      'an answer streams, event by event',
      inOne(async (world) => {
        await withStable(world, '1.0.0')
        const answer = await fetch(`${(await world.target.observe()).url}/stream`)
        const events: string[] = []
        for await (const chunk of answer.body ?? []) events.push(Buffer.from(chunk).toString())
        expect(events.join('')).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n')
        // On a busy machine two may come as one, but the first is not kept until the last is there.
        expect(events[0]).not.toContain('data: 3')
      }),
    )

    test(
      'a connection can be upgraded, and both sides speak',
      inOne(async (world) => {
        await withStable(world, '1.0.0')
        const sent = request(`${(await world.target.observe()).url}/socket`, { headers: UPGRADE }).end()
        const [answer, socket] = await once(sent, 'upgrade')
        expect((answer as IncomingMessage).statusCode).toBe(101)
        socket.write('hello')
        expect(String((await once(socket, 'data'))[0])).toBe('hello')
        socket.destroy()
      }),
    )
  })
}

const UPGRADE = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
}
