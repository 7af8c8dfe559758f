import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type RequestOptions, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shakeHands } from '#connectors/tls/index.ts'
import { issueCertificate, newAuthority } from '#connectors/tls/private-authority.ts'
import { processesConfigSchema } from './config.ts'
import { openProcessesTarget } from './processes-target.ts'
import { CONFIG, makeProcessesWorld, processesOf } from './test-world.ts'

const HOST = 'api.test.internal'
const authority = newAuthority('test authority')
const valid = { validFrom: new Date(Date.now() - 1000), validUntil: new Date(Date.now() + 86_400_000) }

async function writeCertificate(folder: string, { key, cert } = issueCertificate(authority, HOST, valid)) {
  await writeFile(join(folder, 'host.pem'), cert)
  await writeFile(join(folder, 'host.key'), key)
}

const tlsIn = (folder: string) => ({
  listen: '127.0.0.1:0',
  certificate: join(folder, 'host.pem'),
  key: join(folder, 'host.key'),
})

describe('a public address over TLS, beside the plain one', () => {
  test('users are served and counted over it, by the weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
    await writeCertificate(folder)
    const world = await makeProcessesWorld({ tls: tlsIn(folder) })
    try {
      await world.target.deploy(await world.workload('1.0.0'), 'deploy')
      await world.target.setWeights({ '1.0.0': 100 }, 'weights')
      const { secureUrl } = await world.target.observe()
      const answer = await get(new URL('/health', secureUrl ?? ''))
      expect(answer).toMatchObject({ status: 200, servedBy: expect.stringContaining('1.0.0/') })
      const counted = await world.target.metrics.sample()
      expect(counted?.instances.reduce((sum, one) => sum + one.requests, 0)).toBe(1)
    } finally {
      await world.end()
      await rm(folder, { recursive: true })
    }
  })

  test('a renewed certificate is presented from the next client on, and one that is none changes nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
    await writeCertificate(folder)
    const world = await makeProcessesWorld({ tls: tlsIn(folder) })
    try {
      const presented = async () => {
        await (await world.open()).close()
        const { port } = new URL((await world.target.observe()).secureUrl ?? '')
        const target = { host: '127.0.0.1', port: Number(port), servername: HOST, ca: authority.pem }
        const [one] = await shakeHands(target, AbortSignal.timeout(5000))
        return one?.fingerprint
      }
      const first = await presented()
      expect(await presented()).toBe(first)
      await writeCertificate(folder)
      const second = await presented()
      expect(second).not.toBe(first)
      await writeCertificate(folder, { key: 'x', cert: 'y' })
      expect(await presented()).toBe(second)
    } finally {
      await world.end()
      await rm(folder, { recursive: true })
    }
  })

  test('files that are missing, or no certificate, are one clear line, and nothing is started', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
    const config = processesConfigSchema.parse({ ...CONFIG, tls: tlsIn(folder) })
    const open = () => openProcessesTarget({ name: 'production', folder, root: folder, config })
    expect(await open()).toMatchObject({ ok: false, detail: expect.stringContaining('no such file') })
    await writeCertificate(folder, { key: 'x', cert: 'y' })
    expect(await open()).toEqual({
      ok: false,
      code: 'certificate-unusable',
      detail: expect.stringMatching(
        /^environments\.production\.target\.tls cannot be used: .*; correct its certificate and key$/,
      ),
    })
    expect(await processesOf(folder)).toEqual([])
    await rm(folder, { recursive: true })
  })
})

function get(url: URL): Promise<{ status: number | undefined; servedBy: unknown }> {
  const options: RequestOptions = { ca: authority.pem, servername: HOST, agent: false }
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode, servedBy: answer.headers['x-served-by'] })
    })
    asked.once('error', reject)
    asked.end()
  })
}
