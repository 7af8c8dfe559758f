import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { recordOf, worldOf } from './fake-ready-cluster.ts'
import { revert } from './traffic-calls.ts'
import { deploy } from './workload-calls.ts'

/** A router whose page is never written to its end. */
const hanging = createServer(() => undefined).listen(0, '127.0.0.1')
afterAll(() => {
  hanging.closeAllConnections()
  hanging.close()
})

const url = () => `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`

test('a router that tells nothing slows nobody down who goes back, and what was not read is said', async () => {
  const { world, state, counters } = await worldOf({ desired: 1, weight: 50 }, { metrics: url() })
  const startedAt = performance.now()
  expect(await revert(world, '1.0.0', '1.1.0')).toMatchObject({ ok: true })
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(Object.keys(state.versions)).toEqual(['1.0.0'])
  expect(counters?.takeUnread()).toContain('the last requests to web-canary are counted for nobody')
})

test('a version that is deployed while the router tells nothing is not told by the numbers of the one before', async () => {
  const { world, state, counters } = await worldOf({ desired: 0, weight: 0 }, { metrics: url() })
  state.bases['canary 1'] = { requests: 3, errors: 0, buckets: [] }
  const { workload } = recordOf('1.1.0', 'canary')
  expect(await deploy(world, workload)).toMatchObject({ ok: true })
  expect(counters?.takeUnread()).toContain('is counted from the next reading on')
  expect(Object.keys(state.unbased)).toEqual(['canary'])
  // The same call again finds the version running; what is not known is still not known.
  expect(await deploy(world, workload)).toMatchObject({ ok: true })
  expect(Object.keys(state.unbased)).toEqual(['canary'])
}, 20_000)
