import type { PlanStep } from './planned.ts'

/** A version's share in per cent, where each pod gets as many requests as any other. */
const shareOf = (pods: number, others: number): number => (100 * pods) / (pods + others)

/**
 * The steps of a canary where no route shares the requests: a version's share is that of its pods, beside all of the stable
 * version's, which are not taken away. A step has the nearest share that so many pods allow, the first none above what was
 * asked, unless one pod is too many already. Steps with as many pods as the one before are one with it, and wait as long.
 */
export function stepsByPods(steps: readonly PlanStep[], replicas: number): PlanStep[] {
  const coarse: PlanStep[] = []
  for (const { weight, waitMs } of steps) {
    const before = coarse.at(-1)
    const step = stepOf(weight, waitMs, replicas, before === undefined)
    if (before && before.weight >= step.weight)
      coarse[coarse.length - 1] = { ...before, waitMs: before.waitMs + waitMs }
    else coarse.push(step)
  }
  return coarse
}

function stepOf(weight: number, waitMs: number, replicas: number, isFirst: boolean): PlanStep {
  if (weight >= 100) return { weight: 100, waitMs, pods: replicas }
  const possible = Array.from({ length: replicas }, (_, index) => index + 1)
  const farFrom = (pods: number) => Math.abs(shareOf(pods, replicas) - weight)
  const [nearest = 1] = isFirst
    ? [possible.findLast((pods) => shareOf(pods, replicas) <= weight)]
    : possible.toSorted((a, b) => farFrom(a) - farFrom(b))
  return { weight: shareOf(nearest, replicas), waitMs, pods: nearest }
}

/** What people are told of it, in the plan and in the report. */
export function coarseSteps(asked: readonly PlanStep[], replicas: number): string {
  const wanted = asked.map(({ weight }) => round(weight)).join(', ')
  const had = stepsByPods(asked, replicas).map(({ weight, pods = replicas }) =>
    weight >= 100 ? '100 %' : `${round(weight)} % (${pods} of ${pods + replicas} pods)`,
  )
  return `no route is declared: each pod gets as many requests as any other, so the steps ${wanted} % are ${had.join(', ')}`
}

const round = (weight: number): number => Math.round(weight * 10) / 10
