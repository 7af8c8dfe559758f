import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readGivenCluster } from './given-cluster.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-given-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const GOOD = {
  kubeconfig: 'admin.kubeconfig',
  image: `registry.example/gonogo-test@sha256:${'a'.repeat(64)}`,
  routes: ['http://10.0.0.7:8000'],
  routerMetrics: 'http://10.0.0.7:8081/metrics',
}
const given = (cluster: object): ReturnType<typeof readGivenCluster> => {
  const file = join(folder, 'cluster.yaml')
  writeFileSync(file, JSON.stringify(cluster))
  return readGivenCluster(file)
}

test('a kubeconfig is looked for beside the file that names it', () => {
  expect(given(GOOD)).toEqual({
    ...GOOD,
    kubeconfig: join(folder, 'admin.kubeconfig'),
    gatewayClass: 'traefik',
  })
  expect(readGivenCluster(undefined)).toBeNull()
})

test.each([
  ['a key that does not exist', { ...GOOD, image_: 1 }, 'image_'],
  ['an image without its digest', { ...GOOD, image: 'registry.example/gonogo-test:1' }, 'name@sha256:…'],
  ['a route whose port is not told', { ...GOOD, routes: ['http://10.0.0.7'] }, 'http://host:port'],
  ['a route by TLS', { ...GOOD, routes: ['https://10.0.0.7:8000'] }, 'http://host:port'],
  ['no routes', { ...GOOD, routes: [] }, 'routes'],
])('%s is refused with its place', (_, cluster, words) => {
  expect(() => given(cluster)).toThrow(words)
  expect(() => given(cluster)).toThrow(join(folder, 'cluster.yaml'))
})
