import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withStable } from '../contract/world.ts'
import { openTarget } from '../open-target.ts'
import { processesConfigSchema } from './config.ts'
import { openProcessesTarget } from './processes-target.ts'
import { socketPathFor } from './socket-path.ts'
import { CONFIG, makeProcessesWorld, processesOf } from './test-world.ts'

const config = processesConfigSchema.parse(CONFIG)

describe('an environment that cannot be used is one clear line, and nothing is started', () => {
  test('a port in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const listen = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
    const opened = await openProcessesTarget({
      name: 'production',
      folder,
      root: folder,
      config: { ...config, listen },
    })
    expect(opened).toEqual({
      ok: false,
      code: 'port-in-use',
      detail: `${listen} is in use by another program; end it or change environments.production.target.listen`,
    })
    expect(await processesOf(folder)).toEqual([])
    other.close()
    await rm(folder, { recursive: true })
  })

  test('an address of another machine', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
    const listen = '192.0.2.1:7070'
    const opened = await openProcessesTarget({
      name: 'production',
      folder,
      root: folder,
      config: { ...config, listen },
    })
    expect(opened).toMatchObject({ ok: false, code: 'no-address' })
    await rm(folder, { recursive: true })
  })

  test('a folder that cannot be one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
    const file = join(folder, 'file')
    await writeFile(file, '')
    const opened = await openProcessesTarget({
      name: 'production',
      folder: join(file, 'x'),
      root: folder,
      config,
    })
    expect(opened).toMatchObject({ ok: false, code: 'folder-unusable' })
    await rm(folder, { recursive: true })
  })

  test('a state file that somebody else wrote', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
    for (const text of ['{"format":', '{"format":2}', 'null']) {
      await writeFile(join(folder, 'supervisor.json'), text)
      const opened = await openProcessesTarget({ name: 'production', folder, root: folder, config })
      expect(opened).toMatchObject({ ok: false, code: 'state-unreadable' })
    }
    await rm(folder, { recursive: true })
  })

  test('a target of a kind that does not exist, or with a wrong key', async () => {
    await expect(openTarget('production', { target: { kind: 'cloud' } }, '/x', '/x')).rejects.toMatchObject({
      code: 'no-such-target',
    })
    const target = { ...CONFIG, listne: 'x' }
    await expect(openTarget('production', { target }, '/x', '/x')).rejects.toMatchObject({
      code: 'bad-target',
    })
  })
})

test('a component whose program does not exist fails its deployment with its name', async () => {
  const { gateway } = CONFIG.components
  const world = await makeProcessesWorld({
    components: { gateway: { ...gateway, command: ['no-such-program'] } },
  })
  const outcome = await world.target.deploy(await world.workload('1.0.0'), 'k')
  expect(outcome).toMatchObject({ ok: false, code: 'start-failed' })
  expect(outcome.detail).toContain('no-such-program cannot be started in')
  await world.end()
})

test('a value that the release does not configure fails the deployment before anything starts', async () => {
  const world = await makeProcessesWorld()
  const workload = { ...(await world.workload('1.0.0')), config: {} }
  const outcome = await world.target.deploy(workload, 'k')
  expect(outcome).toMatchObject({ ok: false, code: 'bad-template' })
  expect(outcome.detail).toContain('config.text')
  await world.end()
})

test('another address for a supervisor that runs is refused; what runs goes on', async () => {
  const world = await makeProcessesWorld()
  await withStable(world, '1.0.0')
  const changed = { ...world.config, listen: '127.0.0.1:1' }
  const opened = await openProcessesTarget({
    name: 'test',
    folder: world.folder,
    root: world.folder,
    config: changed,
  })
  expect(opened).toMatchObject({ ok: false, code: 'listen-changed' })
  expect((await fetch((await world.target.observe()).url)).status).toBe(200)
  await world.end()
})

test('a folder too deep for a socket has its socket elsewhere, one for each folder', () => {
  const deep = join('/', 'x'.repeat(150))
  expect(socketPathFor('/srv/production')).toBe('/srv/production/supervisor.sock')
  expect(Buffer.byteLength(socketPathFor(deep))).toBeLessThanOrEqual(103)
  expect(socketPathFor(deep)).not.toBe(socketPathFor(`${deep}y`))
})
