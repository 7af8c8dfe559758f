import { resolve } from 'node:path'
import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '#checks/check.ts'
import {
  freeStorageBytes,
  type MachineCapacity,
  readCapacity,
  residentBytes,
} from '#connectors/machine/index.ts'
import { formatBytes, quantitySchema } from '#connectors/machine/quantity.ts'
import { isOnCluster } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'
import { clusterCapacity } from './cluster-capacity.ts'

const resources = z.strictObject({ cpu: quantitySchema, memory: quantitySchema })

const config = z.strictObject({
  /** What one instance asks for. Without it nobody can say that there is room; on a cluster the manifests say it. */
  requests: resources.optional(),
  /** What one instance may take at most. */
  limits: resources.optional(),
  /** Instances of the release; by default as many as the environment's target declares. */
  replicas: z.number().int().positive().optional(),
  /** Instances beside them while versions change: 1 by default; on a cluster as many as are copied and rolled. */
  surge: z.number().int().nonnegative().optional(),
  /** What one instance writes to the disk. */
  storage: quantitySchema.optional(),
  /** Where it writes; its volume must have the room. */
  volume: z.string().default('.'),
  /** Kept for everything else that runs on the machine. */
  reserved: z.strictObject({ cpu: quantitySchema.optional(), memory: quantitySchema.optional() }).default({}),
})

type Config = z.infer<typeof config>
type MachineConfig = Config & { readonly requests: NonNullable<Config['requests']> }

export const check = defineCheck<Config>({
  id: '1.3.2',
  title: 'Resource capacity confirmed',
  config,
  run: readingEvidence((ctx, config) =>
    isOnCluster(ctx) ? clusterCapacity(ctx, config) : machineCapacity(ctx, config),
  ),
})

async function machineCapacity(ctx: CheckContext, { requests, ...more }: Config): Promise<CheckResult> {
  if (!requests) throw new CheckProblem('what one instance asks for is not declared; add requests')
  const config = { ...more, requests }
  const instances = replicasOf(ctx, config) + (config.surge ?? 1)
  const [capacity, storageBytes, running] = await Promise.all([
    readCapacity(),
    freeStorageBytes(resolve(ctx.root, config.volume)),
    runningInstances(ctx),
  ])
  return judge(config, instances, await freeOf(config, capacity, running), storageBytes, capacity)
}

type Running = readonly { readonly pid: number | null }[]
type Free = { readonly cores: number; readonly memoryBytes: number }

function replicasOf(ctx: CheckContext, config: Config): number {
  const declared = ctx.service.environments[ctx.environment.name]?.target.replicas
  const replicas = config.replicas ?? (typeof declared === 'number' ? declared : null)
  if (replicas === null)
    throw new CheckProblem('how many instances there will be is not declared; add replicas')
  return replicas
}

async function runningInstances(ctx: CheckContext): Promise<Running> {
  const { instances } = await ctx.environment.target.observe()
  return instances.filter((instance) => instance.version !== ctx.release.version)
}

/**
 * What running instances asked for is theirs, used or not: the part of a request that an instance has not taken yet is
 * taken off what looks free.
 */
async function freeOf(config: MachineConfig, capacity: MachineCapacity, running: Running): Promise<Free> {
  const asked = config.requests.memory.value
  const untaken = await Promise.all(
    running.map(async ({ pid }) =>
      Math.max(0, asked - ((pid === null ? null : await residentBytes(pid)) ?? 0)),
    ),
  )
  const promised = untaken.reduce((sum, bytes) => sum + bytes, 0)
  return {
    cores: capacity.cores - running.length * config.requests.cpu.value - (config.reserved.cpu?.value ?? 0),
    memoryBytes: capacity.memoryBytes - promised - (config.reserved.memory?.value ?? 0),
  }
}

function judge(
  config: MachineConfig,
  instances: number,
  free: Free,
  storageBytes: number,
  capacity: MachineCapacity,
): CheckResult {
  const needed = {
    cores: instances * config.requests.cpu.value,
    memoryBytes: instances * config.requests.memory.value,
    storageBytes: instances * (config.storage?.value ?? 0),
  }
  const fits = {
    cpu: free.cores >= needed.cores,
    memory: free.memoryBytes >= needed.memoryBytes,
    storage: storageBytes >= needed.storageBytes,
  }
  const summary = describe(instances, needed, { ...free, storageBytes }, capacity)
  const rest = {
    claim: { instances, needed, fits },
    source: '/proc, /sys/fs/cgroup, statfs',
    blanks: blanksOf(config),
  }
  const short = Object.entries(fits).flatMap(([name, isEnough]) => (isEnough ? [] : [name]))
  return short.length === 0
    ? pass(summary, rest)
    : fail(`not enough ${short.join(' and ')}: ${summary}`, rest)
}

type Amounts = Free & { readonly storageBytes: number }

function describe(instances: number, needed: Amounts, free: Amounts, capacity: MachineCapacity): string {
  const words = [
    `${round(needed.cores)} of ${round(Math.max(0, free.cores))} free cores`,
    `${formatBytes(needed.memoryBytes)} of ${formatBytes(Math.max(0, free.memoryBytes))} free memory`,
    `${formatBytes(needed.storageBytes)} of ${formatBytes(free.storageBytes)} free storage`,
  ]
  const isContained = [capacity.coresBoundBy, capacity.memoryBoundBy].includes('cgroup')
  return `${instances} instances need ${words.join(', ')}${isContained ? ', within the container’s limits' : ''}`
}

const blanksOf = ({ requests, limits }: MachineConfig): Record<string, string> => ({
  'requests-cpu': requests.cpu.text,
  'requests-memory': requests.memory.text,
  ...(limits && { 'limits-cpu': limits.cpu.text, 'limits-memory': limits.memory.text }),
})

const round = (cores: number): string => String(Math.round(cores * 100) / 100)
