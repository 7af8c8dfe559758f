import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { askTimes, startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { type Behaviour, mustDo, withCanary, withStable } from '../../gonogo/targets/contract/world.ts'
import type { Outcome } from '../../gonogo/targets/target.ts'
import { apply, kubectl } from './commands.ts'
import type { Components, KubernetesWorld as World } from './contract-world.ts'
import { expectUntouched, inOneWorld, NOTICED_WITHIN_MS } from './one-world.ts'
import { GIVEN } from './places.ts'
import { testImage } from './test-image.ts'

const web = readFileSync(fileURLToPath(new URL('./web.yaml', import.meta.url)), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'gonogo-manifests-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const digest = testImage()

/** The test service's manifest, its container with more to it. */
function manifestWith(name: string, container: string): Components {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, web.replace('        - name: web\n', `        - name: web\n          ${container}\n`))
  return { web: { manifest: file, public: true } }
}

/** Nobody listens there, which every node knows at once. */
const NO_REGISTRY = '127.0.0.1:9/none'
/** Until what is wrong with a pod is known to the cluster itself. */
const STARTED_WITHIN_MS = 40_000

const inWorld = (body: (world: World) => Promise<void>, components?: Components) =>
  inOneWorld(digest, body, components)

describe('what keeps a version from starting is named in words, and leaves the stable pods alone', () => {
  /** `sign`: what the API has of it. */
  const deploysBadly = async (
    world: World,
    sign: RegExp,
    behaviour: Behaviour = 'good',
  ): Promise<Outcome> => {
    const workload = await world.workload('1.1.0', behaviour)
    const outcome = await toldInTime(world, '1.1.0', sign, world.target.deploy(workload, 'bad'))
    await expectUntouched(world)
    return outcome
  }

  test('an image that does not exist, twice in a row', () =>
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      for (const version of ['1.1.0', '1.2.0']) {
        const none = `sha256:${'1'.repeat(64)}`
        const workload = { ...(await world.workload(version)), artifact: NO_REGISTRY, digest: none }
        const outcome = await toldInTime(
          world,
          version,
          /ErrImage|InvalidImage/,
          world.target.deploy(workload, version),
        )
        expect(outcome).toMatchObject({ ok: false, code: 'no-image' })
        expect(outcome.detail).toContain(NO_REGISTRY)
        await expectUntouched(world)
      }
    }))

  test('a crash loop, with the last words of the container', () =>
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      const outcome = await deploysBadly(world, /CrashLoopBackOff/, 'crash')
      expect(outcome).toMatchObject({ ok: false, code: 'crash-loop' })
      expect(outcome.detail).toContain('told to crash')
    }))

  test('more memory than its limit', () =>
    inWorld(
      async (world) => {
        await withStable(world, '1.0.0')
        expect(await deploysBadly(world, /CrashLoopBackOff/, 'hungry')).toMatchObject({
          ok: false,
          code: 'out-of-memory',
        })
      },
      manifestWith('limited', 'resources: { limits: { memory: 256Mi } }'),
    ))

  // How many pods are too many is known of the one node of a cluster of our own.
  test.skipIf(GIVEN !== null)('no node with room', () =>
    inWorld(
      async (world) => {
        await mustDo(world.target.deploy({ ...(await world.workload('1.0.0')), replicas: 1 }, 'first'))
        const grown = world.target.scale('1.0.0', 9, 'grow')
        const outcome = await toldInTime(world, '1.0.0', /Insufficient cpu/, grown)
        expect(outcome).toMatchObject({ ok: false, code: 'no-room' })
        expect(outcome.detail).toMatch(/Insufficient cpu/)
      },
      manifestWith('large', `resources: { requests: { cpu: ${cpus().length * 450}m } }`),
    ),
  )

  test('a quota', () =>
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      await apply(quota(world.namespace, 2))
      const outcome = await deploysBadly(world, /exceeded quota/)
      expect(outcome).toMatchObject({ ok: false, code: 'refused-by-cluster' })
      expect(outcome.detail).toContain('exceeded quota')
    }))

  test('a policy of the cluster', () =>
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      await kubectl(['label', 'namespace', world.namespace, 'pod-security.kubernetes.io/enforce=restricted'])
      const outcome = await deploysBadly(world, /violates PodSecurity/)
      expect(outcome).toMatchObject({ ok: false, code: 'refused-by-cluster' })
      expect(outcome.detail).toContain('violates PodSecurity')
    }))
})

/** The outcome of a call, no later than 2 s after the API had the reason for it. */
async function toldInTime(
  world: World,
  version: string,
  sign: RegExp,
  call: Promise<Outcome>,
): Promise<Outcome> {
  let toldAt = Number.POSITIVE_INFINITY
  const told = call.finally(() => {
    toldAt = performance.now()
  })
  const isKnown = async () => {
    const own = ['-n', world.namespace, '-l', `gonogo.dev/version=${version}`]
    const all = await kubectl(['get', 'pods,replicasets', ...own, '-o', 'json'])
    return sign.test(all) || toldAt < Number.POSITIVE_INFINITY
  }
  await until('the API knows, or it is told', isKnown, STARTED_WITHIN_MS)
  const knownAt = performance.now()
  const outcome = await told
  expect(toldAt - knownAt).toBeLessThan(NOTICED_WITHIN_MS)
  return outcome
}

const quota = (namespace: string, pods: number) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'small', namespace },
    spec: { hard: { pods: String(pods) } },
  })

describe('what happens to a version that serves', () => {
  test('a pod killed for its memory is noticed at once', () =>
    inWorld(
      async (world) => {
        await withCanary(world, '1.0.0', '1.1.0')
        const [victim] = (await world.target.observe()).instances.filter((one) => one.version === '1.1.0')
        await fetch(`${victim?.url}/eat`)
        const phase = () =>
          kubectl(['get', 'pod', victim?.id ?? '', '-n', world.namespace, '-o', 'json']).then((text) =>
            text.includes('OOMKilled'),
          )
        await until('the API knows', phase)
        const knownAt = performance.now()
        await until('it is noticed', async () => {
          return (
            world.target.notice?.()?.instances.some((one) => one.trouble?.code === 'out-of-memory') ?? false
          )
        })
        expect(performance.now() - knownAt).toBeLessThan(NOTICED_WITHIN_MS)
      },
      manifestWith('limited', 'resources: { limits: { memory: 256Mi } }'),
    ))

  test('what somebody changes by hand is told in words, and not put back', () =>
    inWorld(async (world) => {
      const { target, namespace } = world
      await withCanary(world, '1.0.0', '1.1.0')
      await mustDo(target.setWeights({ '1.0.0': 95, '1.1.0': 5 }, 'five'))
      const drift = () => target.notice?.()?.drift ?? null
      expect(drift()).toBeNull()
      const refs = [
        { name: 'web', port: 80, weight: 60 },
        { name: 'web-canary', port: 80, weight: 40 },
      ]
      const patch = JSON.stringify({ spec: { rules: [{ backendRefs: refs }] } })
      await kubectl(['patch', 'httproute', 'web', '-n', namespace, '--type=merge', '-p', patch])
      await until('it is told', () =>
        /HTTPRoute web gives 60 % to web, not the 95 %/.test(target.notice?.()?.drift ?? ''),
      )
      expect((await target.observe()).weights).toEqual({ '1.0.0': 60, '1.1.0': 40 })
      await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
      await until('nothing is told', () => drift() === null)
      await kubectl(['scale', 'deployment/web', '--replicas=1', '-n', namespace])
      await until('it is told', () =>
        /Deployment web is set to 1 pods, not 2/.test(target.notice?.()?.drift ?? ''),
      )
      await kubectl(['scale', 'deployment/web', '--replicas=2', '-n', namespace])
      await kubectl(['delete', 'deployment/web-canary', '-n', namespace])
      await until('it is told', () => /Deployment web-canary is gone/.test(target.notice?.()?.drift ?? ''))
    }))

  test('a route that is gone is told, and holds up neither a gonogo that is started again nor its way back', () =>
    inWorld(async (world) => {
      await withCanary(world, '1.0.0', '1.1.0')
      await mustDo(world.target.setWeights({ '1.0.0': 95, '1.1.0': 5 }, 'five'))
      const route = await kubectl(['get', 'httproute', 'web', '-n', world.namespace, '-o', 'json'])
      await kubectl(['delete', 'httproute', 'web', '-n', world.namespace])
      await until('it is told', () => /: HTTPRoute web is gone$/.test(world.target.notice?.()?.drift ?? ''))
      const again = await world.openAgain()
      expect(await again.revert('1.0.0', '1.1.0', 'back')).toMatchObject({
        ok: true,
        detail: expect.stringContaining('there is no HTTPRoute web'),
      })
      await apply(route.replace(/"(resourceVersion|uid)": "[^"]*",?/g, ''))
      expect(await again.setWeights({ '1.0.0': 100 }, 'all')).toMatchObject({ ok: true })
      await until('it leads to the stable version again', async () => {
        const { byVersion } = await askTimes(world.config.url, 20)
        return byVersion['1.0.0'] === 20
      })
    }))

  test('what others add to the route stays', () =>
    inWorld(async (world) => {
      const { target, namespace } = world
      const filter = {
        type: 'ResponseHeaderModifier',
        responseHeaderModifier: { set: [{ name: 'x-kept', value: 'yes' }] },
      }
      const rule = {
        backendRefs: [{ name: 'web', port: 80 }],
        filters: [filter],
        timeouts: { request: '9s' },
      }
      const other = { matches: [{ path: { value: '/other' } }], backendRefs: [{ name: 'other', port: 81 }] }
      const patch = JSON.stringify({ spec: { rules: [other, rule] } })
      await kubectl(['patch', 'httproute', 'web', '-n', namespace, '--type=merge', '-p', patch])
      await withCanary(world, '1.0.0', '1.1.0')
      await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
      const read = await kubectl(['get', 'httproute', 'web', '-n', namespace, '-o', 'json'])
      const { rules } = JSON.parse(read).spec
      expect(rules[0]).toMatchObject(other)
      expect(rules[1]).toMatchObject({ filters: [filter], timeouts: { request: '9s' } })
      expect(rules[1].backendRefs).toMatchObject([
        { name: 'web', weight: 50 },
        { name: 'web-canary', weight: 50 },
      ])
    }))

  test('what somebody had put into the stable pods is not in those that are promoted', () =>
    inWorld(async (world) => {
      const { target, namespace } = world
      await withStable(world, '1.0.0')
      const names = 'jsonpath={.spec.template.spec.containers[0].env[*].name}'
      const variables = async () =>
        (await kubectl(['get', 'deployment/web', '-n', namespace, '-o', names])).split(' ')
      await kubectl(['set', 'env', 'deployment/web', 'BY_HAND=yes', '-n', namespace])
      await kubectl(['rollout', 'status', 'deployment/web', '-n', namespace, '--timeout=60s'])
      await mustDo(target.deploy(await world.workload('1.1.0'), 'deploy'))
      await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
      expect(await variables()).toContain('BY_HAND')
      const load = startLoad(world.config.url)
      await mustDo(target.promote('1.1.0', 'promote'))
      expect(await variables()).not.toContain('BY_HAND')
      expect((await load.stop()).failed).toEqual([])
    }))

  test('promotion is a rollout of the Deployment itself, which kubectl can undo, without losing a request', () =>
    inWorld(async (world) => {
      const { target, namespace } = world
      await withCanary(world, '1.0.0', '1.1.0')
      const load = startLoad(world.config.url)
      await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
      await mustDo(target.promote('1.1.0', 'promote'))
      const inNamespace = ['-n', namespace]
      expect(
        await kubectl(['rollout', 'status', 'deployment/web', '--timeout=5s', ...inNamespace]),
      ).toContain('successfully rolled out')
      const version = () =>
        kubectl([
          'get',
          'deployment/web',
          ...inNamespace,
          '-o',
          'jsonpath={.spec.template.metadata.labels.gonogo\\.dev/version}',
        ])
      expect(await version()).toBe('1.1.0')
      await kubectl(['rollout', 'undo', 'deployment/web', ...inNamespace])
      expect(await version()).toBe('1.0.0')
      await until('it is told', () =>
        /Deployment web is of version 1\.0\.0, not 1\.1\.0/.test(target.notice?.()?.drift ?? ''),
      )
      await kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s', ...inNamespace])
      const undone = load.seen.byVersion['1.0.0'] ?? 0
      await until('the version before serves', () => (load.seen.byVersion['1.0.0'] ?? 0) > undone + 20)
      expect((await load.stop()).failed).toEqual([])
    }))
})
