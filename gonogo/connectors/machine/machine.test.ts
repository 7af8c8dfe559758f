import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freeStorageBytes, readCapacity } from './index.ts'
import { parseQuantity } from './quantity.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gonogo-machine-'))
  await put('proc/meminfo', 'MemTotal:       16000000 kB\nMemAvailable:   8000000 kB\n')
  await put('proc/cpuinfo', 'processor\t: 0\nprocessor\t: 1\nprocessor\t: 2\nprocessor\t: 3\n')
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function put(path: string, text: string) {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

describe('capacity of the machine', () => {
  test('is the machine’s own where no container limits it', async () => {
    expect(await readCapacity(root)).toEqual({
      cores: 4,
      memoryBytes: 8000000 * 1024,
      coresBoundBy: 'machine',
      memoryBoundBy: 'machine',
    })
  })

  test('is the container’s where its limit is smaller, however much the machine has', async () => {
    await put('proc/self/cgroup', '0::/app/worker\n')
    await put('sys/fs/cgroup/app/memory.max', '1000000000\n')
    await put('sys/fs/cgroup/app/memory.current', '900000000\n')
    await put('sys/fs/cgroup/app/memory.stat', 'anon 1\ninactive_file 100000000\n')
    await put('sys/fs/cgroup/app/worker/cpu.max', '150000 100000\n')
    await put('sys/fs/cgroup/app/worker/memory.max', 'max\n')
    expect(await readCapacity(root)).toEqual({
      cores: 1.5,
      memoryBytes: 200000000,
      coresBoundBy: 'cgroup',
      memoryBoundBy: 'cgroup',
    })
  })

  test('is never below zero when a container is over its limit', async () => {
    await put('proc/self/cgroup', '0::/\n')
    await put('sys/fs/cgroup/memory.max', '1000\n')
    await put('sys/fs/cgroup/memory.current', '5000\n')
    expect((await readCapacity(root)).memoryBytes).toBe(0)
  })

  test('can be read on this machine', async () => {
    const { cores, memoryBytes } = await readCapacity()
    expect(cores).toBeGreaterThan(0)
    expect(memoryBytes).toBeGreaterThan(0)
    expect(await freeStorageBytes(root)).toBeGreaterThan(0)
  })
})

test('a quantity is read as Kubernetes reads it', () => {
  expect(['250m', '2', '128Mi', '1.5Gi', '1k', '1e3', '2E', '5Ei'].map(parseQuantity)).toEqual([
    0.25,
    2,
    2 ** 27,
    1.5 * 2 ** 30,
    1000,
    1000,
    2e18,
    5 * 2 ** 60,
  ])
  expect(['', 'Mi', '-1', '1e', '12 Mi', 'many'].map(parseQuantity)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
  ])
})
