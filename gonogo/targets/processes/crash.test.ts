import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { askTimes, startLoad, until } from '../contract/load.ts'
import { mustDo, withStable } from '../contract/world.ts'
import { identityOf } from './supervisor/process-identity.ts'
import { type SavedState, savedStateSchema } from './supervisor/saved-state.ts'
import { makeProcessesWorld, type ProcessesWorld, processesOf } from './test-world.ts'

const CLIENT = fileURLToPath(new URL('test-client.ts', import.meta.url))

const inWorld = (body: (world: ProcessesWorld) => Promise<void>) => async () => {
  const world = await makeProcessesWorld()
  try {
    await body(world)
  } finally {
    await world.end()
  }
}

describe('when gonogo is killed', () => {
  test(
    'everything runs on, users notice nothing, and the next gonogo finishes what was begun',
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      const load = startLoad((await world.target.observe()).url)
      const workload = await world.workload('1.1.0')
      const client = await startClient(world)
      client.send({ deploy: workload, key: 'k' })
      await until('the deployment has begun', async () => '1.1.0' in (await stateOf(world)).versions)
      await end(client)
      const next = await world.open()
      expect(await next.deploy(workload, 'k')).toMatchObject({ ok: true })
      expect((await load.stop()).failed).toEqual([])
      expect((await next.observe()).instances.filter((i) => i.version === '1.1.0')).toHaveLength(2)
      await expectNoStrays(world)
      await next.close()
    }),
  )
})

describe('when the supervisor is killed', () => {
  test(
    'the next one takes over the same processes, weights and address',
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      await mustDo(world.target.deploy(await world.workload('1.1.0'), 'canary'))
      await mustDo(world.target.setWeights({ '1.0.0': 75, '1.1.0': 25 }, 'quarter'))
      const before = await world.target.observe()
      await killSupervisor(world)
      const after = await world.target.observe()
      expect(after).toEqual(before)
      expect((await askTimes(after.url, 40)).byVersion).toEqual({ '1.0.0': 30, '1.1.0': 10 })
      expect(await world.target.revert('1.0.0', '1.1.0', 'back')).toMatchObject({ ok: true })
    }),
  )

  test(
    'what died meanwhile is started again',
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      const [first] = (await world.target.observe()).instances
      await killSupervisor(world)
      process.kill(first?.pid ?? 0, 'SIGKILL')
      await until('both are ready again', async () => {
        const { instances } = await world.target.observe()
        return instances.length === 2 && instances.every((i) => i.ready) && instances[0]?.pid !== first?.pid
      })
    }),
  )

  test.for([0, 20, 80, 240])(
    '%i ms into a deployment, the same call ends as it would have, and nothing runs twice',
    async (afterMs) =>
      inWorld(async (world) => {
        await withStable(world, '1.0.0')
        const workload = await world.workload('1.1.0')
        const first = world.target.deploy(workload, 'k').catch(() => null)
        await wait(afterMs)
        await killSupervisor(world)
        await first
        expect(await world.target.deploy(workload, 'k')).toMatchObject({ ok: true })
        const { instances } = await world.target.observe()
        expect(instances.filter((i) => i.version === '1.1.0' && i.ready)).toHaveLength(2)
        await expectNoStrays(world)
      })(),
  )

  test(
    'a process that has the id of a child of ours now, and is not ours, is left alone',
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
      const [victim] = (await world.target.observe()).instances
      await killSupervisor(world)
      process.kill(victim?.pid ?? 0, 'SIGKILL')
      const state = await stateOf(world)
      for (const { processes } of state.versions['1.0.0']?.stacks ?? [])
        for (const record of processes) if (record.pid === victim?.pid) record.pid = stranger.pid ?? null
      await writeFile(join(world.folder, 'supervisor.json'), JSON.stringify(state))
      await until('both are ready', async () =>
        (await world.target.observe()).instances.every((i) => i.ready),
      )
      await mustDo(world.target.cleanup([], 'all'))
      expect(identityOf(stranger.pid ?? 0)).not.toBeNull()
      stranger.kill('SIGKILL')
    }),
  )
})

describe('when a child ends', () => {
  test(
    'it is started again and counted, and users are served by the other one',
    inWorld(async (world) => {
      await withStable(world, '1.0.0')
      const { url, instances } = await world.target.observe()
      process.kill(instances[0]?.pid ?? 0, 'SIGKILL')
      await until('it is back', async () => {
        const again = (await world.target.observe()).instances.find((i) => i.id === instances[0]?.id)
        return again?.restarts === 1 && again.ready
      })
      expect((await askTimes(url, 20)).failed).toEqual([])
    }),
  )
})

async function startClient(world: ProcessesWorld): Promise<ChildProcess> {
  const client = fork(CLIENT, [world.folder, JSON.stringify(world.config)], { execArgv: [] })
  await once(client, 'message')
  return client
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function killSupervisor(world: ProcessesWorld): Promise<void> {
  const pid = await world.target.supervisorPid()
  process.kill(pid, 'SIGKILL')
  await until('the supervisor is gone', () => identityOf(pid) === null)
}

async function stateOf(world: ProcessesWorld): Promise<SavedState> {
  return savedStateSchema.parse(JSON.parse(await readFile(join(world.folder, 'supervisor.json'), 'utf8')))
}

/** Every living process of the environment is one that the target lists. */
async function expectNoStrays(world: ProcessesWorld): Promise<void> {
  const listed = (await world.target.observe()).instances.map((i) => i.pid)
  expect((await processesOf(world.folder)).sort()).toEqual(listed.sort())
}
