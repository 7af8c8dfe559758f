import { z } from 'zod'
import { type Cluster, labelSelectorSchema, selects } from '#connectors/kubernetes/index.ts'
import { isSet } from './controllers.ts'
import type { RenderedVersion } from './render.ts'
import { LABELS } from './render.ts'

const amountSchema = z.union([z.number(), z.string()])
const budgetSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    /** Without one, a budget is of no pod; an empty one is of all. */
    selector: labelSelectorSchema.nullish(),
    minAvailable: amountSchema.optional(),
    maxUnavailable: amountSchema.optional(),
  }),
})
type Budget = z.infer<typeof budgetSchema>
type Component = RenderedVersion['components'][number]

export type Budgeted = {
  readonly namespace: string
  readonly replicas: number
  /** A component's objects in each slot. */
  readonly stable: readonly Component[]
  readonly canary: readonly Component[]
}

/**
 * What PodDisruptionBudgets mean while two versions run. They hold nothing that gonogo ends: the pods of a version are
 * deleted, and a budget is asked only by whoever evicts, as a drain of a node does.
 */
export async function budgetWarnings(cluster: Cluster, world: Budgeted): Promise<string[]> {
  const path = `/apis/policy/v1/namespaces/${world.namespace}/poddisruptionbudgets`
  const budgets = await cluster.list(path, budgetSchema)
  return world.stable.flatMap((stable, index) => {
    const own = budgets.filter((one) => isOf(one, stable))
    if (own.length > 1)
      return [
        `${stable.name}: its pods are in more than one PodDisruptionBudget (${own.map(nameOf).join(', ')}): the cluster evicts none of them, so no node that has one can be drained; leave it one`,
      ]
    const canary = world.canary[index]
    return own.flatMap((budget) => [
      ...held(budget, stable, world),
      ...(canary && !isSet(canary.controller) && isOf(budget, canary) ? shared(budget, stable, world) : []),
    ])
  })
}

const nameOf = ({ metadata }: Budget): string => metadata.name

function isOf({ spec: { selector } }: Budget, { controller }: Component): boolean {
  return selector ? selects(selector, controller.spec?.template.metadata?.labels ?? {}) : false
}

function held(budget: Budget, { name }: Component, { replicas }: Budgeted): string[] {
  if (evictable(budget, replicas) > 0) return []
  return [
    `${name}: PodDisruptionBudget ${nameOf(budget)} lets none of ${replicas} pods be evicted: a node that has one cannot be drained; gonogo itself is not held by it`,
  ]
}

/** The pods of a canary are there to be judged: the budget of the stable version must not rest on them. */
function shared(budget: Budget, { name }: Component, { replicas }: Budgeted): string[] {
  const [alone, beside] = [evictable(budget, replicas), evictable(budget, 2 * replicas)]
  if (beside <= alone) return []
  return [
    `${name}: PodDisruptionBudget ${nameOf(budget)} counts the canary's pods, too: beside a canary a drain may take ${Math.min(beside, replicas)} of ${replicas} pods of the stable version, not ${alone}; add ${LABELS.slot}: stable to its selector, and give each other slot one of its own`,
  ]
}

/** How many of so many healthy pods may be evicted at once; the cluster rounds every percentage up. */
function evictable({ spec: { minAvailable, maxUnavailable } }: Budget, pods: number): number {
  const scaled = (amount: number | string): number =>
    typeof amount === 'number' ? amount : Math.ceil((Number.parseInt(amount, 10) / 100) * pods)
  const allowed = maxUnavailable !== undefined ? scaled(maxUnavailable) : pods - scaled(minAvailable ?? 1)
  return Math.max(0, Math.min(pods, allowed))
}
