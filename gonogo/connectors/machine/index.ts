import { readFile, statfs } from 'node:fs/promises'
import { availableParallelism, freemem } from 'node:os'
import { join } from 'node:path'

/** What this machine, or the container that gonogo stands in, can still give. */
export type MachineCapacity = {
  readonly cores: number
  /** Bytes that can be had without pushing anything out. */
  readonly memoryBytes: number
  /** `cgroup` where a limit of the container is what binds. */
  readonly coresBoundBy: 'machine' | 'cgroup'
  readonly memoryBoundBy: 'machine' | 'cgroup'
}

/**
 * Reads cores and memory, the smaller of the machine's and of every control group above this process: a container's
 * limit is what its processes are killed for, however much the machine has. `root` is where /proc and /sys are.
 */
export async function readCapacity(root = '/'): Promise<MachineCapacity> {
  const groups = await cgroupFolders(root)
  const limits = await Promise.all(groups.map((folder) => readLimits(folder)))
  const machineCores = root === '/' ? availableParallelism() : await countCores(root)
  const machineMemory = (await availableMemory(root)) ?? freemem()
  const cores = Math.min(machineCores, ...limits.map((limit) => limit.cores))
  const memoryBytes = Math.min(machineMemory, ...limits.map((limit) => limit.memoryBytes))
  return {
    cores,
    memoryBytes,
    coresBoundBy: cores < machineCores ? 'cgroup' : 'machine',
    memoryBoundBy: memoryBytes < machineMemory ? 'cgroup' : 'machine',
  }
}

/** Bytes that an ordinary user may still write on the volume of a path. */
export async function freeStorageBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

/** Resident bytes of a process; null where it is gone or the system does not say. */
export async function residentBytes(pid: number): Promise<number | null> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec((await textOf(`/proc/${pid}/status`)) ?? '')?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) * 1024
}

/** The folders of this process's control group and of all above it, nearest first; none where there are no groups. */
async function cgroupFolders(root: string): Promise<string[]> {
  const own = /^0::(\/.*)$/m.exec((await textOf(join(root, 'proc/self/cgroup'))) ?? '')?.[1]
  if (own === undefined) return []
  const parts = own.split('/').filter((part) => part !== '' && part !== '..')
  return parts
    .map((_, i) => parts.slice(0, parts.length - i))
    .concat([[]])
    .map((p) => join(root, 'sys/fs/cgroup', ...p))
}

async function readLimits(folder: string): Promise<{ cores: number; memoryBytes: number }> {
  const [cpu, max, current, stat] = await Promise.all(
    ['cpu.max', 'memory.max', 'memory.current', 'memory.stat'].map((name) => textOf(join(folder, name))),
  )
  const [, quota, period] = /^(\d+) (\d+)/.exec(cpu ?? '') ?? []
  const limit = /^\d+$/.test(max?.trim() ?? '') ? Number(max) : null
  const reclaimable = Number(/^inactive_file (\d+)$/m.exec(stat ?? '')?.[1] ?? 0)
  const used = Math.max(0, Number(current ?? 0) - reclaimable)
  return {
    cores: quota && period ? Number(quota) / Number(period) : Number.POSITIVE_INFINITY,
    memoryBytes: limit === null ? Number.POSITIVE_INFINITY : Math.max(0, limit - used),
  }
}

async function availableMemory(root: string): Promise<number | null> {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec((await textOf(join(root, 'proc/meminfo'))) ?? '')?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) * 1024
}

async function countCores(root: string): Promise<number> {
  return (
    ((await textOf(join(root, 'proc/cpuinfo'))) ?? '').match(/^processor\s*:/gm)?.length ??
    availableParallelism()
  )
}

const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null)
