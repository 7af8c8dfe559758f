import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { askTimes, startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { mustDo, withStable } from '../../gonogo/targets/contract/world.ts'
import { describeBehaviours } from '../end-to-end/behaviours.ts'
import { kubectl } from './commands.ts'
import type { Components, KubernetesWorld as World } from './contract-world.ts'
import { makeKubernetesPlace } from './deployment-world.ts'
import { inOneWorld } from './one-world.ts'
import { testImage } from './test-image.ts'

const CHECKLIST = fileURLToPath(new URL('../end-to-end/strategy-checklist.yaml', import.meta.url))
const web = readFileSync(fileURLToPath(new URL('./web.yaml', import.meta.url)), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'gonogo-by-pods-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const digest = testImage()

const ANEW = { kept: false }
/** The API, the Services' controller, and the proxy of the node, which writes at most once a second. */
const LEFT_WITHIN_MS = 3000

let made = 0
/** The service without a route: its users come to the Service's own address. */
function withoutRoute(): { components: Components; more: object } {
  const address = `10.96.77.${++made}`
  const file = join(folder, `web-${made}.yaml`)
  writeFileSync(file, web.replace('spec:\n', `spec:\n  clusterIP: ${address}\n`))
  const components = { web: { manifest: file, public: true } }
  return { components, more: { routes: [], router: undefined, url: `http://${address}`, components } }
}

function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const { components, more } = withoutRoute()
  return inOneWorld(digest, body, components, more)
}

const instancesOf = async ({ target }: World, version: string) =>
  (await target.observe()).instances
    .filter((one) => one.version === version)
    .map(({ id }) => id)
    .sort()

describe('without a route', () => {
  test('a version has the share of its pods, and is told so; all of it goes to the one that has all', () =>
    inWorld(async (world) => {
      const { target } = world
      await withStable(world, '1.0.0')
      const { url } = await target.observe()
      expect((await askTimes(url, 20, ANEW)).byVersion).toEqual({ '1.0.0': 20 })
      await mustDo(target.deploy(await world.workload('1.1.0', 'good', 1), 'deploy'))
      expect((await askTimes(url, 40, ANEW)).byVersion).toEqual({ '1.0.0': 40 })
      const told = await target.setWeights({ '1.0.0': 95, '1.1.0': 5 }, 'five')
      expect(told).toMatchObject({ ok: true })
      expect(told.detail).toContain('by the number of their pods it is 1.0.0 67 %, 1.1.0 33 %')
      const { weights } = await target.observe()
      expect([weights['1.0.0'], weights['1.1.0']].map((one) => Math.round(one ?? 0))).toEqual([67, 33])
      await until('the canary has traffic', async () => '1.1.0' in (await askTimes(url, 10, ANEW)).byVersion)
      const { byVersion, failed } = await askTimes(url, 300, ANEW)
      expect(failed).toEqual([])
      // The proxy draws a pod for each connection: five standard deviations of a third.
      expect(Math.abs((byVersion['1.1.0'] ?? 0) - 100)).toBeLessThan(41)
      await mustDo(target.scale('1.1.0', 2, 'grow'))
      await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
      await until('half of it is told', () => Math.round(target.notice?.()?.weights['1.1.0'] ?? 0) === 50)
      expect(target.notice?.()?.drift).toBeNull()
      await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
      await until(
        'all is the new version’s',
        async () => !('1.0.0' in (await askTimes(url, 20, ANEW)).byVersion),
      )
      expect((await target.observe()).weights).toEqual({ '1.1.0': 100 })
    }))

  test('going back takes the new version out of the Service at once, loses no request, and leaves the stable pods alone', () =>
    inWorld(async (world) => {
      const { target } = world
      await withStable(world, '1.0.0')
      const before = await instancesOf(world, '1.0.0')
      await mustDo(target.deploy(await world.workload('1.1.0'), 'deploy'))
      await mustDo(target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
      const load = startLoad((await target.observe()).url, ANEW)
      await until('the canary has traffic', () => (load.seen.byVersion['1.1.0'] ?? 0) > 50)
      const decidedAt = Date.now()
      await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
      const seen = await load.stop()
      expect(seen.failed).toEqual([])
      expect((seen.lastAt['1.1.0'] ?? 0) - decidedAt).toBeLessThan(LEFT_WITHIN_MS)
      expect(await instancesOf(world, '1.0.0')).toEqual(before)
      expect(await target.observe()).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
    }))

  test(
    'a promotion and the way back during the watch lose no request',
    () =>
      inWorld(async (world) => {
        const { target, namespace } = world
        await withStable(world, '1.0.0')
        const load = startLoad((await target.observe()).url, ANEW)
        await mustDo(target.deploy(await world.workload('1.1.0'), 'deploy'))
        await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
        await mustDo(target.promote('1.1.0', 'promote'))
        expect(await target.observe()).toMatchObject({ stable: '1.1.0', weights: { '1.1.0': 100 } })
        await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
        const seen = await load.stop()
        expect(seen.failed).toEqual([])
        expect(Object.keys(seen.byVersion).sort()).toEqual(['1.0.0', '1.1.0'])
        expect(await target.observe()).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
        const left = await kubectl(['get', 'deployments,services', '-o', 'name', '-n', namespace])
        expect(left).not.toMatch(/canary|previous/)
      }),
    120_000,
  )

  test('whom the Service selects is told when somebody else changes it', () =>
    inWorld(async (world) => {
      const { target, namespace } = world
      await withStable(world, '1.0.0')
      await until('nothing is told', () => target.notice?.()?.drift === null)
      const patch = JSON.stringify({ spec: { selector: { 'gonogo.dev/slot': 'canary' } } })
      await kubectl(['patch', 'service', 'web', '-n', namespace, '-p', patch])
      await until('it is told', () =>
        /Service web selects the pods with gonogo.dev\/slot: canary, not .*: stable/.test(
          target.notice?.()?.drift ?? '',
        ),
      )
    }))
})

const byInstances = { metrics: { source: 'instances', path: '/metrics' } as never }

test('a canary without a route goes by its pods: a third, a half, all; a bad one goes back', async () => {
  const { more } = withoutRoute()
  const steps = [5, 50, 100].map((weight) => ({ weight, wait: '5s' }))
  const world = await makeKubernetesPlace(CHECKLIST, more, { policy: { steps } }, byInstances)
  const load = startLoad((await world.target.observe()).url, ANEW)
  try {
    await world.writeRelease('1.1.0', { strategy: 'canary' })
    const { status, id } = await world.run('1.1.0')
    const { opened, rollback, effects } = world.stateOf(id)
    expect(status, rollback?.decided.event.reason).toBe('success')
    expect(opened.plan.steps.map(({ weight, pods }) => [Math.round(weight), pods])).toEqual([
      [33, 1],
      [50, 2],
      [100, 2],
    ])
    expect(opened.plan.notes.join()).toContain('33.3 % (1 of 3 pods), 50 % (2 of 4 pods), 100 %')
    expect(effects['weights:0']?.settled?.detail).toContain('by the number of their pods')
    await world.writeRelease('1.2.0', { strategy: 'canary', config: { errors: '0.5', behaviour: 'good' } })
    const bad = await world.run('1.2.0')
    expect(bad.status).toBe('rolled-back')
    expect(world.stateOf(bad.id).rollback?.decided.event.criterion).toMatch(/errorRate/)
    const { stable, weights, instances } = await world.target.observe()
    expect({ stable, weights }).toEqual({ stable: '1.1.0', weights: { '1.1.0': 100 } })
    expect(instances.map((one) => one.version)).toEqual(['1.1.0', '1.1.0'])
  } finally {
    const seen = await load.stop()
    await world.close()
    expect(seen.failed.filter((one) => !one.includes('1.2.0'))).toEqual([])
  }
}, 300_000)

describeBehaviours(
  'by the Service',
  (checklist, own) => makeKubernetesPlace(checklist, withoutRoute().more, own, byInstances),
  { pauseMs: null, kept: false },
)
