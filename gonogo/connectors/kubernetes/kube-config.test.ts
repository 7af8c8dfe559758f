import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { issueCertificate, newAuthority } from '#connectors/tls/private-authority.ts'
import { client } from './client.ts'
import { kubeConfig } from './kube-config.ts'

const DAY_MS = 86_400_000
const authority = newAuthority('an authority of a test')
const certificate = issueCertificate(authority, 'localhost', {
  validFrom: new Date(Date.now() - DAY_MS),
  validUntil: new Date(Date.now() + DAY_MS),
})
const base64 = (pem: string) => Buffer.from(pem).toString('base64')
const tokens: string[] = []
/** Stands in for an API that answers every call with an empty list, and counts who connects. */
const server = createServer(certificate, (request, response) => {
  tokens.push(String(request.headers.authorization))
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [] }))
})

let connections = 0
let folder: string

beforeAll(async () => {
  server.on('secureConnection', () => connections++)
  server.listen(0, 'localhost')
  await once(server, 'listening')
  folder = mkdtempSync(join(tmpdir(), 'gonogo-kubeconfig-'))
  writeFileSync(join(folder, 'token'), 'first')
  writeFileSync(
    join(folder, 'kubeconfig'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://localhost:${(server.address() as AddressInfo).port}`,
            'certificate-authority-data': base64(authority.pem),
          },
        },
      ],
      users: [
        {
          name: 'test',
          user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } } },
        },
      ],
    }),
  )
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

it('makes calls one after another by connections that are open, and each with its credentials', async () => {
  const config = kubeConfig(join(folder, 'kubeconfig'), null)
  const core = config.makeApiClient(client().CoreV1Api)
  for (let call = 0; call < 10; call++) await core.listNamespacedPod({ namespace: 'any' })
  // The second call may come before the first connection is known to be free.
  expect(connections).toBeLessThanOrEqual(2)
  expect(tokens).toEqual(Array(10).fill('Bearer first'))
})
