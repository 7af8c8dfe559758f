import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { until } from '../../contract/load.ts'
import { withProxy } from './test-upstream.ts'

test('a WebSocket passes both ways, counts once, and is under way until it ends', async () => {
  await withProxy(async ({ url, router, instance, counted }) => {
    const { server } = await instance('1.0.0', (_req, res) => res.end())
    echoUpgrades(server)
    router.setWeights({ '1.0.0': 100 })
    const socket = new WebSocket(url.replace('http', 'ws'))
    await once(socket, 'open')
    socket.send('hello')
    const [{ data }] = await once(socket, 'message')
    expect(data).toBe('hello')
    expect(router.inFlight('1.0.0')).toBe(1)
    expect(counted('1.0.0')).toEqual({ requests: 1, errors: 0 })
    socket.close()
    await until('nothing is under way', () => router.inFlight('1.0.0') === 0)
  })
})

test('a client is cut off when its instance is', async () => {
  await withProxy(async ({ url, router, instance }) => {
    const { server } = await instance('1.0.0', (_req, res) => res.end())
    const upstream = echoUpgrades(server)
    router.setWeights({ '1.0.0': 100 })
    const socket = new WebSocket(url.replace('http', 'ws'))
    await once(socket, 'open')
    upstream[0]?.destroy()
    await once(socket, 'close')
    await until('nothing is under way', () => router.inFlight('1.0.0') === 0)
  })
})

test('a refusal of the instance reaches the client and is no error', async () => {
  await withProxy(async ({ port, router, instance, counted }) => {
    await instance('1.0.0', (_req, res) => {
      res.statusCode = 401
      res.end('who are you?')
    })
    router.setWeights({ '1.0.0': 100 })
    expect(await handshake(port)).toContain('401')
    await until('it is counted', () => counted('1.0.0').requests === 1)
    expect(counted('1.0.0').errors).toBe(0)
  })
})

test('an instance that cannot be reached is an error', async () => {
  await withProxy(async ({ port, router, deadInstance, counted }) => {
    await deadInstance('1.0.0')
    router.setWeights({ '1.0.0': 100 })
    await handshake(port)
    expect(counted('1.0.0')).toEqual({ requests: 1, errors: 1 })
    expect(router.inFlight('1.0.0')).toBe(0)
  })
})

const CLOSE = 8

/** Accepts every upgrade. Echoes the client's masked frames unmasked, one short text frame at a time. */
function echoUpgrades(server: Server): Duplex[] {
  const sockets: Duplex[] = []
  server.on('upgrade', (req: IncomingMessage, socket: Duplex) => {
    sockets.push(socket)
    socket.on('error', () => {})
    const key = `${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    )
    socket.on('data', (frame: Buffer) => {
      const length = (frame[1] ?? 0) & 0x7f
      const [mask, payload] = [frame.subarray(2, 6), frame.subarray(6, 6 + length)]
      const plain = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))
      socket.write(Buffer.concat([Buffer.from([frame[0] ?? 0, length]), plain]))
      if (((frame[0] ?? 0) & 0x0f) === CLOSE) socket.end()
    })
  })
  return sockets
}

/** Everything that comes back to a handshake until the connection is closed. */
async function handshake(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const key = Buffer.alloc(16).toString('base64')
  socket.write(
    `GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  )
  return Buffer.concat(await socket.toArray()).toString()
}
