import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askTimes, until } from '../../gonogo/targets/contract/load.ts'
import { mustDo, withStable } from '../../gonogo/targets/contract/world.ts'
import { type KubernetesWorld, makeKubernetesWorld } from './contract-world.ts'
import { ROUTER_METRICS } from './places.ts'
import { testImage } from './test-image.ts'

/** The router's page, which can be held back. */
let isAway = false
const page = createServer(async (_request, response) => {
  if (isAway) return
  response.end(await (await fetch(ROUTER_METRICS)).text())
})

let world: KubernetesWorld
beforeAll(async () => {
  page.listen(0, '127.0.0.1')
  await once(page, 'listening')
  const metrics = `http://127.0.0.1:${(page.address() as AddressInfo).port}/metrics`
  world = await makeKubernetesWorld(testImage(), { readyTimeoutMs: 30_000 }, undefined, {
    router: { kind: 'traefik', metrics },
  })
}, 120_000)
afterAll(async () => {
  page.closeAllConnections()
  page.close()
  await world?.end()
}, 120_000)

/** Asks until the version has answered some, for the router may be slow to share; how many it has answered. */
async function answeredBy(version: string): Promise<number> {
  let answered = 0
  await until(`${version} answers`, async () => {
    answered += (await askTimes(world.config.url, 10)).byVersion[version] ?? 0
    return answered >= 4
  })
  return answered
}

const requestsOf = async (version: string) => {
  const { instances } = await world.target.metrics.sample()
  return instances.filter((one) => one.version === version).reduce((sum, one) => sum + one.requests, 0)
}

const errorsOf = async (version: string) => {
  const { instances } = await world.target.metrics.sample()
  return instances.filter((one) => one.version === version).reduce((sum, one) => sum + one.errors, 0)
}

test('nobody who goes back waits for a router that is away, and the next canary is not told by the bad one’s numbers', async () => {
  const { target, workload } = world
  await withStable(world, '1.0.0')
  const bad = { ...(await workload('1.1.0')), config: { behaviour: 'good', errors: '0.5' } }
  expect(await target.deploy(bad, 'bad')).toMatchObject({
    ok: true,
    detail: expect.not.stringContaining('told no counters'),
  })
  await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
  await answeredBy('1.1.0')
  await expect.poll(() => errorsOf('1.1.0')).toBeGreaterThan(0)
  isAway = true
  const startedAt = performance.now()
  const reverted = await target.revert('1.0.0', '1.1.0', 'back')
  const tookMs = performance.now() - startedAt
  expect(reverted).toMatchObject({ ok: true, detail: expect.stringContaining('the router told no counters') })
  expect(tookMs).toBeLessThan(5000)
  // A slot of the same name, while nobody can say what its Service has counted.
  const next = { ...(await workload('1.2.0')), config: { behaviour: 'good', errors: '0' } }
  const deployed = await target.deploy(next, 'next')
  expect(deployed).toMatchObject({
    ok: true,
    detail: expect.stringContaining('counted from the next reading'),
  })
  await mustDo(target.setWeights({ '1.0.0': 50, '1.2.0': 50 }, 'half again'))
  await answeredBy('1.2.0')
  await expect(target.metrics.sample(AbortSignal.timeout(200))).rejects.toThrow()
  isAway = false
  expect(await requestsOf('1.2.0')).toBe(0)
  const answered = await answeredBy('1.2.0')
  await expect.poll(() => requestsOf('1.2.0')).toBe(answered)
  expect(await errorsOf('1.2.0')).toBe(0)
  process.stderr.write(`a revert with a router that hangs: ${Math.round(tookMs)} ms\n`)
}, 120_000)
