// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the templates that the supervisor fills.
import { cp, mkdir, mkdtemp, rm, rmdir, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { askTimes, until } from '../contract/load.ts'
import { mustDo, withCanary, withStable } from '../contract/world.ts'
import { artifactDigest } from './artifact-digest.ts'
import type { ProcessesConfig } from './config.ts'
import { CONFIG, makeProcessesWorld, type ProcessesWorld, processesOf } from './test-world.ts'

const inWorld =
  (body: (world: ProcessesWorld) => Promise<void>, change?: Partial<ProcessesConfig>) => async () => {
    const world = await makeProcessesWorld(change)
    try {
      await body(world)
    } finally {
      await world.end()
    }
  }

/** Takes longer to read than a rollback takes. */
const LARGE_BYTES = 128 * 1024 ** 2
const { gateway } = CONFIG.components
const TWO_COMPONENTS = {
  gateway: { ...gateway, env: { ...gateway.env, PEER: '${component.agent.url}' } },
  agent: { ...gateway, env: { ...gateway.env, BEHAVIOUR: '${config.agent}' }, public: false },
}

test(
  'each stack has a process of each component, wired to its own, and only the public one is served',
  inWorld(
    async (world) => {
      const workload = await world.workload('1.0.0')
      await mustDo(world.target.deploy({ ...workload, config: { ...workload.config, agent: 'good' } }, 'k'))
      await mustDo(world.target.setWeights({ '1.0.0': 100 }, 'all'))
      const { instances, url } = await world.target.observe()
      const of = (component: string) => instances.filter((i) => i.component === component)
      const peers = await Promise.all(
        of('gateway').map(
          async (i) => ((await (await fetch(`${i.url}/env`)).json()) as { peer: string }).peer,
        ),
      )
      expect(peers.sort()).toEqual(
        of('agent')
          .map((i) => i.url)
          .sort(),
      )
      await askTimes(url, 10)
      const counted = (await world.target.metrics.sample()).instances
      expect(counted.map((i) => i.instance).sort()).toEqual(
        of('gateway')
          .map((i) => i.id)
          .sort(),
      )
    },
    { components: TWO_COMPONENTS },
  ),
)

test(
  'a stack is ready only when each of its components is, and the one to blame is named',
  inWorld(
    async (world) => {
      const workload = await world.workload('1.0.0')
      const outcome = await world.target.deploy(
        { ...workload, config: { ...workload.config, agent: 'never' } },
        'k',
      )
      expect(outcome).toMatchObject({ ok: false, code: 'not-ready' })
      expect(outcome.detail).toMatch(/^agent agent-1\.0\.0-/)
      expect(await processesOf(world.folder)).toEqual([])
    },
    { components: TWO_COMPONENTS, readyTimeoutMs: 2000 },
  ),
)

test(
  'a rollback does not wait for a deployment that waits for ready',
  inWorld(async (world) => {
    await withStable(world, '1.0.0')
    const workload = await world.workload('1.1.0')
    const slow = { ...workload, config: { ...workload.config, startMs: '60000' } }
    const deployed = world.target.deploy(slow, 'slow')
    await until('it is under way', async () => (await world.target.observe()).instances.length === 4)
    await mustDo(world.target.revert('1.0.0', '1.1.0', 'back'))
    expect(await deployed).toMatchObject({ ok: false, code: 'aborted' })
    const state = await world.target.observe()
    expect(state.workloads.map((w) => w.version)).toEqual(['1.0.0'])
    expect(await processesOf(world.folder)).toHaveLength(2)
  }),
)

test(
  'a disk that takes nothing stops no rollback, but every deployment',
  inWorld(async (world) => {
    await withCanary(world, '1.0.0', '1.1.0')
    await mustDo(world.target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, 'half'))
    const inTheWay = join(world.folder, 'supervisor.json.new')
    await mkdir(inTheWay)
    expect(await world.target.deploy(await world.workload('1.2.0'), 'next')).toMatchObject({
      ok: false,
      code: 'state-not-saved',
    })
    const back = await world.target.revert('1.0.0', '1.1.0', 'back')
    expect(back).toMatchObject({ ok: true })
    expect(back.detail).toContain('could not be written')
    const state = await world.target.observe()
    expect((await askTimes(state.url, 10)).byVersion).toEqual({ '1.0.0': 10 })
    await rmdir(inTheWay)
  }),
)

test(
  'a version that was ended can be reverted to, as it was',
  inWorld(async (world) => {
    await withCanary(world, '1.0.0', '1.1.0')
    await mustDo(world.target.setWeights({ '1.1.0': 100 }, 'all'))
    await mustDo(world.target.promote('1.1.0', 'promote'))
    await mustDo(world.target.cleanup(['1.1.0'], 'cleanup'))
    await mustDo(world.target.revert('1.0.0', '1.1.0', 'back'))
    const state = await world.target.observe()
    expect(state).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
    expect(state.stableWorkload).toEqual(await world.workload('1.0.0'))
  }),
)

test(
  'a process that does not end when told is ended after its time, with what it started',
  inWorld(
    async (world) => {
      await withStable(world, '1.0.0')
      await mustDo(world.target.cleanup([], 'end'))
      expect(await processesOf(world.folder)).toEqual([])
    },
    {
      drainMs: 300,
      components: {
        gateway: {
          ...gateway,
          command: ['sh', '-c', 'sleep 300 & exec node main.ts'],
          env: { ...gateway.env, IGNORE_SIGTERM: '1' },
        },
      },
    },
  ),
)

test(
  'a rollback ends what is still being deployed, also while its artifact is read, before any of it was started',
  inWorld(async (world) => {
    const { target } = world
    await withStable(world, '1.0.0')
    const usual = await world.workload('1.1.0')
    const artifact = await mkdtemp(join(tmpdir(), 'gonogo-large-'))
    await cp(usual.artifact, artifact, { recursive: true })
    await writeFile(join(artifact, 'large'), '')
    await truncate(join(artifact, 'large'), LARGE_BYTES)
    const digest = await artifactDigest(artifact)
    const deploying = target.deploy({ ...usual, artifact, digest }, 'deploy')
    await mustDo(target.revert('1.0.0', '1.1.0', 'back'))
    await deploying
    const { instances } = await target.observe()
    expect(instances.map(({ version }) => version)).not.toContain('1.1.0')
    await rm(artifact, { recursive: true })
  }),
)
