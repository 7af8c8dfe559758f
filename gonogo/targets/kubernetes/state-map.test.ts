import { ApiException, type KubernetesObject } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import type { ClusterApi } from './cluster-api.ts'
import { StateConflict, StateMap } from './state-map.ts'

type Stored = KubernetesObject & { data?: Record<string, string> }

/** The API's ConfigMap, by its resourceVersion; while `loses`, what is written is stored and the answer never comes. */
function configMaps() {
  let stored: Stored | null = null
  let written = 0
  const seen = { loses: false }
  const store = (object: Stored) => {
    const given = object.metadata?.resourceVersion
    if (stored && given !== stored.metadata?.resourceVersion) throw new ApiException(409, '', '{}', {})
    stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++written) } }
    return stored
  }
  /** As whoever asks again without having heard anything. */
  const write = async (object: Stored) => {
    if (seen.loses) store(object)
    seen.loses = false
    return store(object)
  }
  const read = async () => stored
  const api = { namespace: 'prod', read, create: write, replace: write } as unknown as ClusterApi
  return { api, seen }
}

for (const how of ['written anew', 'written again'])
  test(`a state that is ${how}, and of which the answer was lost, is no conflict`, async () => {
    const { api, seen } = configMaps()
    const map = await StateMap.open(api, 'web')
    if (how === 'written again') await map.save()
    map.state.stable = '1.0.0'
    seen.loses = true
    await map.save()
    map.state.stable = '1.1.0'
    await map.save()
    expect((await StateMap.open(api, 'web')).state.stable).toBe('1.1.0')
  })

test('a state that somebody else wrote is a conflict, and stays', async () => {
  const { api } = configMaps()
  const first = await StateMap.open(api, 'web')
  await first.save()
  const second = await StateMap.open(api, 'web')
  second.state.stable = '2.0.0'
  await second.save()
  first.state.stable = '1.0.0'
  await expect(first.save()).rejects.toThrow(StateConflict)
  await expect(first.save()).rejects.toThrow(StateConflict)
  expect((await StateMap.open(api, 'web')).state.stable).toBe('2.0.0')
})
