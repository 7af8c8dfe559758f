import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { until } from '../../contract/load.ts'
import { withProxy } from './test-upstream.ts'

test('a request that its instance refused goes to another of the same version, and counts once', async () => {
  await withProxy(async ({ url, router, instance, deadInstance, counted }) => {
    const dead = await deadInstance('1.0.0')
    await instance('1.0.0', (_req, res) => res.end('ok'))
    await instance('2.0.0', (_req, res) => res.end('ok'))
    router.setWeights({ '1.0.0': 100 })
    for (let n = 0; n < 10; n++) {
      dead.ready = true
      expect((await fetch(url)).status).toBe(200)
    }
    await until('all are counted', () => counted('1.0.0').requests === 10)
    expect(counted('1.0.0')).toEqual({ requests: 10, errors: 0 })
    expect(counted('2.0.0').requests).toBe(0)
    expect(dead.counter.requests).toBe(0)
  })
})

test('a request that is not safe to repeat is not: 502, an error of that version', async () => {
  await withProxy(async ({ url, router, instance, deadInstance, counted }) => {
    const dead = await deadInstance('1.0.0')
    await instance('1.0.0', (_req, res) => res.end('ok'))
    router.setWeights({ '1.0.0': 100 })
    const statuses = []
    for (let n = 0; n < 4; n++) {
      dead.ready = true
      statuses.push((await fetch(url, { method: 'POST', body: 'x' })).status)
    }
    expect(statuses.sort()).toEqual([200, 200, 502, 502])
    await until('all are counted', () => counted('1.0.0').requests === 4)
    expect(counted('1.0.0')).toEqual({ requests: 4, errors: 2 })
  })
})

test('a version that is down altogether fails by itself; its share does not hide in another version', async () => {
  await withProxy(async ({ url, router, instance, deadInstance, counted }) => {
    await instance('1.0.0', (_req, res) => res.end('ok'))
    await deadInstance('2.0.0')
    router.setWeights({ '1.0.0': 50, '2.0.0': 50 })
    const answers = []
    for (let n = 0; n < 20; n++) answers.push(await fetch(url))
    expect(answers.filter((a) => a.status === 502)).toHaveLength(10)
    await until('all are counted', () => counted('1.0.0').requests === 10)
    expect(counted('2.0.0')).toEqual({ requests: 10, errors: 10 })
    expect(counted('1.0.0')).toEqual({ requests: 10, errors: 0 })
  })
})

test('a version that has weight and no instance answers 503, and that is counted for it', async () => {
  await withProxy(async ({ url, router, counted }) => {
    router.setWeights({ '1.0.0': 100 })
    expect((await fetch(url)).status).toBe(503)
    expect((await fetch(url)).status).toBe(503)
    expect(counted('1.0.0')).toEqual({ requests: 2, errors: 2 })
    expect(router.samples()).toHaveLength(1)
  })
})

test('5xx and answers that break off are errors; 4xx are not', async () => {
  await withProxy(async ({ url, router, instance, counted }) => {
    await instance('1.0.0', (req, res) => {
      if (req.url === '/broken') {
        res.writeHead(200, { 'content-length': '100' })
        res.write('half', () => res.destroy())
      } else {
        res.statusCode = Number(req.url?.slice(1))
        res.end()
      }
    })
    router.setWeights({ '1.0.0': 100 })
    expect((await fetch(`${url}/404`)).status).toBe(404)
    expect((await fetch(`${url}/503`)).status).toBe(503)
    await expect(fetch(`${url}/broken`).then((answer) => answer.text())).rejects.toThrow()
    await until('all are counted', () => counted('1.0.0').requests === 3)
    expect(counted('1.0.0')).toEqual({ requests: 3, errors: 2 })
  })
})

test('an instance that ends without an answer is an error, and the request is not repeated', async () => {
  await withProxy(async ({ url, router, instance, counted }) => {
    let asked = 0
    const end = () =>
      instance('1.0.0', (req) => {
        asked++
        req.socket.destroy()
      })
    await end()
    await end()
    router.setWeights({ '1.0.0': 100 })
    expect((await fetch(url)).status).toBe(502)
    expect(asked).toBe(1)
    expect(counted('1.0.0')).toEqual({ requests: 1, errors: 1 })
  })
})

test('a client that leaves soon is no error of the instance, and the instance is told', async () => {
  await withProxy(async ({ port, router, instance, counted }) => {
    let isTold = false
    await instance('1.0.0', (_req, res) => {
      res.on('close', () => {
        isTold = true
      })
      res.write('begins')
    })
    router.setWeights({ '1.0.0': 100 })
    const sent = request({ port, host: '127.0.0.1' }).end()
    sent.on('error', () => {})
    const [answer] = await once(sent, 'response')
    answer.on('error', () => {})
    await once(answer, 'data')
    sent.destroy()
    await until('it is counted', () => counted('1.0.0').requests === 1)
    expect(counted('1.0.0').errors).toBe(0)
    await until('the instance is told', () => isTold)
    expect(router.inFlight('1.0.0')).toBe(0)
  })
})

test('without any version there is a plain refusal', async () => {
  await withProxy(async ({ url }) => {
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
  })
})
