import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CheckWorld, makeCheckWorld } from './check-world.ts'
import { kubectl } from './commands.ts'
import { importGonogoImage } from './gonogo-image.ts'
import { gonogoJob, gonogoManifests } from './gonogo-manifests.ts'

const NAMESPACE = `e-inside-${process.pid}`
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')

let world: CheckWorld
let image = ''
beforeAll(async () => {
  image = await importGonogoImage()
  world = await makeCheckWorld({ namespace: NAMESPACE })
  await kubectl(['label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted'])
  await world.kubectl(['delete', 'deployment,service', 'web'])
  await world.apply(...gonogoManifests('role.yaml'), {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'web' },
    spec: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] },
  })
}, 120_000)
afterAll(() => world?.end())

const service = {
  gonogo: 1,
  service: 'web',
  checklist: 'checklist.yaml',
  environments: {
    production: {
      target: {
        kind: 'kubernetes',
        namespace: NAMESPACE,
        routes: [{ name: 'web' }],
        url: 'http://web.invalid',
        components: { web: { manifest: 'web.yaml', public: true } },
      },
    },
  },
  people: Object.fromEntries(
    ['deployment-lead', 'security-lead', 'engineering-lead'].map((role) => [
      role,
      { name: role, contact: role, roles: [role] },
    ]),
  ),
}

/** The Job of the manifests with these arguments; its folder is a ConfigMap, and it is tried once. */
function jobOf(name: string, args: readonly string[]): object {
  const { spec, ...job } = gonogoJob(name, image, args)
  const { volumes, ...pod } = spec.template.spec
  const folder = { name: 'work', configMap: { name: 'folder' } }
  return {
    ...job,
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          ...pod,
          restartPolicy: 'Never',
          volumes: [folder, ...volumes.filter((one) => one.name !== 'work')],
        },
      },
    },
  }
}

async function runInside(name: string, args: readonly string[]): Promise<string> {
  await world.apply(jobOf(name, args))
  await expect
    .poll(
      async () =>
        world.kubectl(['get', 'pods', '-l', `job-name=${name}`, '-o', 'jsonpath={.items[0].status.phase}']),
      { timeout: 90_000, interval: 500 },
    )
    .toMatch(/Succeeded|Failed/)
  return world.kubectl(['logs', `job/${name}`])
}

test('gonogo runs as a Job with its Role alone, under the restricted standard, and lacks nothing', async () => {
  await world.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'folder' },
    data: {
      'gonogo.yaml': JSON.stringify(service),
      'checklist.yaml': read('../crash/small-checklist.yaml'),
      'web.yaml': read('./web.yaml'),
    },
  })
  const { findings } = JSON.parse(await runInside('doctor', ['doctor', '--kubernetes', '--json']))
  expect(findings.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([])
  expect(findings.length).toBeGreaterThan(12)
  await world.kubectl(['delete', 'rolebinding', 'gonogo'])
  const without = JSON.parse(await runInside('without', ['doctor', '--kubernetes', '--json']))
  expect(JSON.stringify(without)).toContain('may not get, list, watch, create, patch, delete')
}, 240_000)
