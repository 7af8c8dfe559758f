import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { withProxy } from './test-upstream.ts'

const showRequest = (req: IncomingMessage) => JSON.stringify({ url: req.url, headers: req.headers })

describe('what a request and its answer carry', () => {
  test('headers about the connection end at the proxy; the others arrive, with whom the request is for', async () => {
    await withProxy(async ({ port, router, instance }) => {
      await instance('1.0.0', (req, res) => {
        res.writeHead(200, {
          connection: 'close, x-private',
          'x-private': 'yes',
          'set-cookie': ['a=1', 'b=2'],
        })
        res.end(showRequest(req))
      })
      router.setWeights({ '1.0.0': 100 })
      const headers = {
        connection: 'close, x-mine',
        'x-mine': '1',
        te: 'trailers',
        'x-kept': '2',
        'x-forwarded-for': '9.9.9.9',
        host: 'clawdbot.example',
      }
      const { answer, body } = await ask({ port, path: '/a?b=c', headers })
      const seen = JSON.parse(body)
      expect(seen.url).toBe('/a?b=c')
      expect(seen.headers).toMatchObject({
        'x-kept': '2',
        host: 'clawdbot.example',
        connection: 'keep-alive',
        'x-forwarded-for': '9.9.9.9, 127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'clawdbot.example',
      })
      expect(seen.headers).not.toHaveProperty('x-mine')
      expect(seen.headers).not.toHaveProperty('te')
      expect(answer.headers).toMatchObject({
        'x-served-by': '1.0.0/1.0.0-1',
        connection: 'close',
        'set-cookie': ['a=1', 'b=2'],
      })
      expect(answer.headers).not.toHaveProperty('x-private')
    })
  })

  test('large bodies pass whole, both ways, with a length and without', async () => {
    await withProxy(async ({ port, router, instance }) => {
      await instance('1.0.0', (req, res) => req.pipe(res))
      router.setWeights({ '1.0.0': 100 })
      const sent = randomBytes(5_000_000)
      const digest = createHash('sha256').update(sent).digest('hex')
      for (const headers of [{ 'content-length': sent.length }, { 'transfer-encoding': 'chunked' }]) {
        const { bytes } = await ask({ port, method: 'POST', headers }, sent)
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest)
      }
    })
  })

  test('an answer streams: its beginning arrives before its end is written', async () => {
    await withProxy(async ({ port, router, instance }) => {
      let finish = () => {}
      await instance('1.0.0', (_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write('data: 1\n\n')
        finish = () => res.end('data: 2\n\n')
      })
      router.setWeights({ '1.0.0': 100 })
      const sent = request({ port, host: '127.0.0.1' }).end()
      const [answer] = (await once(sent, 'response')) as [IncomingMessage]
      const [first] = await once(answer, 'data')
      expect(String(first)).toBe('data: 1\n\n')
      const [second] = await Promise.all([once(answer, 'data'), once(answer, 'end'), finish()])
      expect(String(second)).toBe('data: 2\n\n')
    })
  })

  test('an answer that comes before the whole request was sent arrives', async () => {
    await withProxy(async ({ port, router, instance }) => {
      await instance('1.0.0', (_req, res) => {
        res.writeHead(413)
        res.end('too large')
      })
      router.setWeights({ '1.0.0': 100 })
      for (let n = 0; n < 5; n++) {
        const { answer, body } = await ask({ port, method: 'POST' }, randomBytes(5_000_000))
        expect([answer.statusCode, body]).toEqual([413, 'too large'])
      }
    })
  })

  test('connections are kept open on both sides', async () => {
    await withProxy(async ({ port, router, instance }) => {
      const sockets = new Set<unknown>()
      await instance('1.0.0', (req, res) => {
        sockets.add(req.socket)
        res.end()
      })
      router.setWeights({ '1.0.0': 100 })
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const own = new Set<unknown>()
      for (let n = 0; n < 5; n++) own.add((await ask({ port, agent })).socket)
      expect([sockets.size, own.size]).toEqual([1, 1])
      agent.destroy()
    })
  })

  test('HEAD, 204 and 304 have no body and leave the connection usable', async () => {
    await withProxy(async ({ port, router, instance }) => {
      await instance('1.0.0', (req, res) => {
        res.statusCode = Number(req.url?.slice(1))
        res.end(res.statusCode === 200 ? 'text' : undefined)
      })
      router.setWeights({ '1.0.0': 100 })
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (const [method, status] of [
        ['HEAD', 200],
        ['GET', 204],
        ['GET', 304],
        ['GET', 200],
      ] as const) {
        const { answer, body } = await ask({ port, agent, method, path: `/${status}` })
        expect([answer.statusCode, body]).toEqual([status, method === 'GET' && status === 200 ? 'text' : ''])
      }
      agent.destroy()
    })
  })
})

type Answered = { answer: IncomingMessage; bytes: Buffer; body: string; socket: unknown }

async function ask(options: RequestOptions, body?: Buffer): Promise<Answered> {
  const sent = request({ host: '127.0.0.1', ...options }).end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  // After an early answer nobody reads the rest of the request; that it breaks then is no news.
  sent.on('error', () => undefined)
  const { socket } = answer
  const bytes = Buffer.concat(await answer.toArray())
  return { answer, bytes, body: bytes.toString(), socket }
}
