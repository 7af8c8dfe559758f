import { expect, test } from 'vitest'
import { differences } from './differences.ts'

test('what differs is told by its path, what the cluster writes is not', () => {
  const before = {
    metadata: { uid: '1', resourceVersion: '4', labels: { 'gonogo.dev/version': '1.0.0' } },
    spec: { containers: [{ image: 'a@1', env: [{ name: 'A' }] }], replicas: 2 },
    status: { replicas: 2 },
  }
  const after = {
    metadata: { uid: '1', resourceVersion: '5', labels: { 'gonogo.dev/version': '1.1.0' } },
    spec: { containers: [{ image: 'a@2', env: [{ name: 'A' }, { name: 'B' }] }] },
    status: {},
  }
  expect(differences(before, after)).toEqual([
    'metadata.labels."gonogo.dev/version": "1.0.0" → "1.1.0"',
    'spec.containers[0].image: "a@1" → "a@2"',
    'spec.containers[0].env[1].name: (nothing) → "B"',
    'spec.replicas: 2 → (nothing)',
  ])
  expect(differences(before, before)).toEqual([])
})
