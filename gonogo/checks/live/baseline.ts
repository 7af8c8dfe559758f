import { z } from 'zod'
import { podUsage } from '#connectors/kubernetes/index.ts'
import { readUsage } from '#connectors/process-usage/index.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import type { Service } from '#core/service.ts'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { clusterOf, isOnCluster } from './service-cluster.ts'

const bounds = z.tuple([z.number(), z.number().nullable()])

/** What 2.4.1 found before anything was changed; later items compare with it. */
export const baselineSchema = z.object({
  version: z.string(),
  requests: z.number().int().positive(),
  errors: z.number().int().nonnegative(),
  windowMs: z.number().positive(),
  p50: bounds,
  p95: bounds,
  p99: bounds,
  /** The most that an instance of each component used: resident bytes, and share of one core. */
  memoryBytes: z.record(z.string(), z.number().positive()),
  cpu: z.record(z.string(), z.number().nonnegative()),
  /** Median round trip to the database in ms; null where no instance tells. */
  roundTripMs: z.number().positive().nullable(),
})

export type Baseline = z.infer<typeof baselineSchema>

/** Items that compare with the baseline are bound as soon as it is measured. */
export const hasBaseline = (service: Service): boolean => Object.hasOwn(service.checks, '2.4.1')

/** The baseline of this deployment. Throws a CheckProblem where 2.4.1 has not measured one. */
export function baselineOf(ctx: CheckContext): Baseline {
  const result = ctx.resultOf('2.4.1')
  const parsed = baselineSchema.safeParse(result?.claim)
  if (result?.verdict !== 'pass' || !parsed.success)
    throw new CheckProblem(
      '2.4.1 has measured no baseline in this deployment; bind it under checks: in the service file',
    )
  return parsed.data
}

export type Used = {
  readonly instance: Instance
  readonly memoryBytes: number
  readonly cpuMs: number
  /** Share of one core, where that is told instead of a time. */
  readonly share?: number
  readonly atMs: number
}

/** What each of the instances uses now. Throws a CheckProblem where that cannot be seen. */
export async function usageOf(ctx: CheckContext, instances: readonly Instance[]): Promise<readonly Used[]> {
  if (isOnCluster(ctx)) return clusterUsage(ctx, instances)
  return Promise.all(
    instances.map(async (instance) => {
      const usage = instance.pid === null ? null : await readUsage(instance.pid)
      if (!usage) throw new CheckProblem(`what ${instance.id} uses cannot be seen from here`)
      return { instance, ...usage, atMs: ctx.now() }
    }),
  )
}

async function clusterUsage(ctx: CheckContext, instances: readonly Instance[]): Promise<readonly Used[]> {
  const { cluster, namespace } = clusterOf(ctx)
  const usage = await podUsage(cluster, namespace).catch((problem) => {
    throw problem instanceof ReadingProblem ? new CheckProblem(problem.message) : problem
  })
  return instances.map((instance) => {
    const own = usage.get(instance.id)
    if (!own || !Number.isFinite(own.memoryBytes + own.cpuMs + (own.share ?? 0)))
      throw new CheckProblem(`what pod ${instance.id} uses is not told by its node`)
    return { instance, ...own }
  })
}

/** Where it was read from, for people. */
export const usageSource = (ctx: CheckContext): string =>
  isOnCluster(ctx) ? 'the kubelets or the metrics API' : '/proc of the instances'

/** Share of one core between two readings of the same process. A reading told twice is no second one. */
export function cpuShare(before: Used, after: Used): number {
  if (after.share !== undefined) return after.share
  if (before !== after && after.atMs <= before.atMs)
    throw new CheckProblem(`${after.instance.id} was not measured anew meanwhile; give it a longer window`)
  return Math.max(0, after.cpuMs - before.cpuMs) / Math.max(1, after.atMs - before.atMs)
}
