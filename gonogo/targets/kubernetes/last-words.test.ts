import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { expect, onTestFinished, test } from 'vitest'
import { clusterApi } from './cluster-api.ts'

/** As the API hands on what a kubelet answers where a container was taken away while its log was asked for: with a 200. */
const TAKEN_AWAY = 'unable to retrieve container logs for containerd://cd864e67cc468a21f9f8c338164600a4'

/** A fake of the logs of one pod; each answer of the container before is given once, the last of them for good. */
async function apiWith(before: string[], now: string) {
  const server = createServer(({ url = '' }, response) => {
    const isBefore = new URL(url, 'http://api').searchParams.get('previous') === 'true'
    response.setHeader('content-type', 'text/plain')
    response.end(isBefore ? ((before.length > 1 ? before.shift() : before[0]) ?? '') : now)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const config = new KubeConfig()
  const { port } = server.address() as AddressInfo
  config.loadFromClusterAndUser(
    { name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'nobody' },
  )
  return clusterApi(config, 'prod')
}

test('that the container before was taken away meanwhile is not what it said', async () => {
  const api = await apiWith([TAKEN_AWAY], 'told to crash')
  expect(await api.lastLog('web-1', 'web')).toBe('told to crash')
  expect(await api.wholeLog('web-1', 'web')).toBe('told to crash')
})

test('the one that ended since then is asked, too', async () => {
  const api = await apiWith([TAKEN_AWAY, 'told to crash'], '')
  expect(await api.lastLog('web-1', 'web')).toBe('told to crash')
})

test('where nobody has said anything the log is empty', async () => {
  const api = await apiWith([TAKEN_AWAY], TAKEN_AWAY)
  expect(await api.lastLog('web-1', 'web')).toBe('')
  expect(await api.wholeLog('web-1', 'web')).toBe('')
})
