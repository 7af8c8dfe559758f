import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import {
  commitFiles,
  drillEnvironment,
  drillInstance,
  drillRelease,
  drillService,
  drillStable,
  newRepository,
} from '#checks/drill-situation.ts'
import { tryCheck } from '#checks/try-drill.ts'
import { check } from './1.1.7-api-compatibility.ts'

const servers: Server[] = []
const folders: string[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function serve(version: string, paths: readonly string[], type = 'json'): Promise<string> {
  const operations = Object.fromEntries(
    paths.map((path) => [path, { get: { responses: { 200: { description: 'ok' } } } }]),
  )
  const document = JSON.stringify({ openapi: '3.1.0', info: { title: 't', version }, paths: operations })
  const server = createServer((_request, response) =>
    response.end(type === 'json' ? document : '<html>everything</html>'),
  )
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

async function compare(before: string, after: string) {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-instances-'))
  folders.push(folder)
  const repository = await newRepository(join(folder, 'repository'))
  const old = await commitFiles(repository, { message: 'one' })
  const young = await commitFiles(repository, { message: 'two' })
  const instance = (id: string, version: string, url: string) => [
    drillInstance({ id, version, digest: id, url }),
  ]
  const environment = drillEnvironment({
    stables: async () => instance('s', '1.0.0', before),
    candidates: async () => instance('c', '1.1.0', after),
  })
  return tryCheck(
    check as never,
    { path: '/openapi.json' },
    { folder },
    {
      service: drillService(),
      environment,
      stable: drillStable({ commit: old }),
      release: drillRelease({ commit: young }),
    },
  )
}

test('documents of both versions’ instances are compared', async () => {
  const result = await compare(await serve('1.0.0', ['/v1/a']), await serve('1.1.0', ['/v1/a', '/v1/b']))
  expect(result).toMatchObject({ verdict: 'pass', claim: { breaking: false } })
})

test('an operation that the release’s instance no longer has is a breaking change', async () => {
  const result = await compare(await serve('1.0.0', ['/v1/a', '/v1/b']), await serve('1.1.0', ['/v1/a']))
  expect(result).toMatchObject({ verdict: 'fail', claim: { breaking: true } })
})

test('the stable version’s document from the release’s instance is unknown', async () => {
  const result = await compare(await serve('1.0.0', ['/v1/a']), await serve('1.0.0', ['/v1/a']))
  expect(result).toMatchObject({
    verdict: 'unknown',
    summary: expect.stringContaining('serves the document of 1.0.0'),
  })
})

test('a page that answers everywhere is no document', async () => {
  const result = await compare(await serve('1.0.0', ['/v1/a']), await serve('1.1.0', [], 'html'))
  expect(result.verdict).toBe('unknown')
})
