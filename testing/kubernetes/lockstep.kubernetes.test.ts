import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { mustDo, withCanary, withStable } from '../../gonogo/targets/contract/world.ts'
import { kubectl } from './commands.ts'
import { type Components, makeKubernetesWorld } from './contract-world.ts'
import { testImage } from './test-image.ts'

const web = readFileSync(fileURLToPath(new URL('./web.yaml', import.meta.url)), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'gonogo-lockstep-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Skills start first, and the gateway, which asks the agent, last. */
const components: Components = Object.fromEntries(
  [
    ['skills', ''],
    ['agent', '${component.skills.host}'],
    ['gateway', '${component.agent.host}'],
  ].map(([name = '', peer]) => {
    const file = join(folder, `${name}.yaml`)
    // The route of the test's namespace leads to the Service web.
    const own = name === 'gateway' ? 'web' : name
    const text = web
      .replaceAll('name: web', `name: ${own}`)
      .replaceAll('app: web', `app: ${own}`)
      .replace('          env:\n', `          env:\n            - { name: PEER, value: "${peer}" }\n`)
    writeFileSync(file, name === 'agent' ? text.replace('key: behaviour', 'key: agent') : text)
    return [name, { manifest: file, public: name === 'gateway' }]
  }),
)

const digest = testImage()

type World = Awaited<ReturnType<typeof makeKubernetesWorld>>

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const world = await makeKubernetesWorld(digest, { readyTimeoutMs: 30_000 }, components)
  const workload: World['workload'] = async (version, behaviour = 'good', replicas = 1) => {
    const made = await world.workload(version, 'good', replicas)
    return { ...made, config: { ...made.config, agent: behaviour } }
  }
  try {
    await body({ ...world, workload })
  } finally {
    await world.end()
  }
}

/** What each instance says of itself: its version, whom it asks, of which version that is, and its configuration. */
async function told({ target }: World) {
  const { instances } = await target.observe()
  const all = await Promise.all(
    instances.map(async ({ component, url }) => {
      const [{ version, peer, config }, { reaches }] = (await Promise.all(
        ['/env', '/peer'].map(async (path) => (await fetch(`${url}${path}`)).json()),
      )) as [Record<string, string>, Record<string, string>]
      return { component, version, peer, reaches, config }
    }),
  )
  return all.sort((a, b) => `${a.version} ${a.component}`.localeCompare(`${b.version} ${b.component}`))
}

const stack = (version: string, slot: string) => {
  const own = { version, reaches: version, config: `configuration of ${version}` }
  return [
    { ...own, component: 'agent', peer: `skills${slot}` },
    { ...own, component: 'gateway', peer: `agent${slot}` },
    { ...own, component: 'skills', peer: '', reaches: null },
  ]
}

test(
  'three components move in lockstep, each with its own version beside it and its own configuration',
  () =>
    inWorld(async (world) => {
      await withCanary(world, '1.0.0', '1.1.0')
      expect(await told(world)).toEqual([...stack('1.0.0', ''), ...stack('1.1.0', '-canary')])
      await mustDo(world.target.setWeights({ '1.1.0': 100 }, 'all'))
      await mustDo(world.target.promote('1.1.0', 'promote'))
      expect(await told(world)).toEqual([...stack('1.0.0', '-previous'), ...stack('1.1.0', '')])
      await mustDo(world.target.cleanup(['1.1.0'], 'cleanup'))
      expect(await told(world)).toEqual(stack('1.1.0', ''))
      const left = await kubectl(['get', 'deployments,services', '-o', 'name', '-n', world.namespace])
      expect(left).not.toMatch(/canary|previous/)
    }),
  120_000,
)

test(
  'during the watch all three go back together with their configuration, traffic first, and no request is lost',
  () =>
    inWorld(async (world) => {
      const { target } = world
      await withCanary(world, '1.0.0', '1.1.0')
      await mustDo(target.setWeights({ '1.1.0': 100 }, 'all'))
      await mustDo(target.promote('1.1.0', 'promote'))
      const load = startLoad((await target.observe()).url)
      await until('the new version has traffic', () => (load.seen.byVersion['1.1.0'] ?? 0) > 50)
      const decidedAt = Date.now()
      await mustDo(target.revert('1.0.0', '1.1.0', 'revert'))
      const seen = await load.stop()
      expect(seen.failed).toEqual([])
      expect((seen.lastAt['1.1.0'] ?? 0) - decidedAt).toBeLessThan(world.zeroWithinMs)
      expect(await told(world)).toEqual(stack('1.0.0', ''))
      expect(await target.observe()).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
    }),
  120_000,
)

test(
  'when one of them does not start, none of the new version is left and nobody has noticed',
  () =>
    inWorld(async (world) => {
      const { target } = world
      await withStable(world, '1.0.0')
      const load = startLoad((await target.observe()).url)
      const outcome = await target.deploy(await world.workload('1.1.0', 'crash'), 'bad')
      const seen = await load.stop()
      expect(outcome).toMatchObject({ ok: false, code: 'crash-loop' })
      expect(seen.failed).toEqual([])
      expect(Object.keys(seen.byVersion)).toEqual(['1.0.0'])
      expect(await told(world)).toEqual(stack('1.0.0', ''))
    }),
  120_000,
)
