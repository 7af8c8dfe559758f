import { expect, test } from 'vitest'
import { configOf } from './fake-ready-cluster.ts'
import { LABELS } from './render.ts'
import { leadsTo } from './served.ts'
import type { World } from './world.ts'

const config = configOf()
const labels = { [LABELS.slot]: 'stable', [LABELS.version]: '1.1.0' }
const pod = (...addresses: string[]) => ({
  metadata: { labels },
  status: {
    podIP: addresses[0],
    podIPs: addresses.map((ip) => ({ ip })),
    conditions: [{ type: 'Ready', status: 'True' }],
  },
})
const slice = (...addresses: string[]) => ({
  endpoints: addresses.map((one) => ({ addresses: [one], conditions: { ready: true } })),
})

/** Whether the Service, by these slices, leads to these pods and no others. */
const leads = (slices: readonly object[], pods: readonly object[]): Promise<boolean> => {
  const api = { list: async (_api: string, kind: string) => (kind === 'Pod' ? pods : slices) }
  const world = { config, of: 'web', api } as unknown as World
  return leadsTo(world, 'web', [{ slot: 'stable', version: '1.1.0' }])
}

const [a, b] = [pod('10.0.0.1', 'fd00::1'), pod('10.0.0.2', 'fd00::2')]

test('a Service of two families has a slice of each, and leads to a pod by either', async () => {
  expect(await leads([slice('10.0.0.1', '10.0.0.2'), slice('fd00::2', 'fd00::1')], [a, b])).toBe(true)
  expect(await leads([slice('10.0.0.1', '10.0.0.2'), slice('fd00::2')], [a, b])).toBe(true)
  expect(await leads([slice('10.0.0.1', '10.0.0.2')], [a, b])).toBe(true)
})

test('a Service of the second family alone leads to pods as well', async () => {
  expect(await leads([slice('fd00::1', 'fd00::2')], [a, b])).toBe(true)
})

test('a pod that is not served yet, one that is served still, and nobody at all are told', async () => {
  expect(await leads([slice('10.0.0.1'), slice('fd00::1')], [a, b])).toBe(false)
  expect(await leads([slice('10.0.0.1', '10.0.0.9'), slice('fd00::1')], [a])).toBe(false)
  expect(await leads([slice('10.0.0.1'), slice('fd00::1', 'fd00::9')], [a])).toBe(false)
  expect(await leads([], [])).toBe(false)
})
