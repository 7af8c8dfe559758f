import { ReadingProblem } from '#connectors/reading-problem.ts'
import { inPlaceNote, inPlaceProblem } from '#core/in-place.ts'
import type { Plan } from '#core/planned.ts'
import { coarseSteps } from '#core/pod-shares.ts'
import type { Release } from '#core/release.ts'
import type { Service } from '#core/service.ts'
import { stepsOf } from '#core/strategies.ts'
import { type KubernetesConfig, kubernetesConfigSchema } from '#targets/kubernetes/config.ts'
import { planWarnings } from '#targets/kubernetes/plan-warnings.ts'
import { type PlannedActs, type PlannedChange, plannedChanges } from '#targets/kubernetes/planned-changes.ts'
import { BadManifest, inPlaceParts, readManifests } from '#targets/kubernetes/read-manifests.ts'
import type { Workload } from '#targets/target.ts'
import { workloadOf } from './effects.ts'
import { EXIT, Refusal } from './exit-codes.ts'
import type { Workspace } from './workspace.ts'

export type PlannedOnCluster = {
  readonly warnings: readonly string[]
  /** Null where nobody asked for them. */
  readonly changes: readonly PlannedChange[] | null
}

/** What planning says of an environment on a cluster; nothing for any other. Throws a Refusal. */
export async function plannedOnCluster(
  { service, root }: Workspace,
  environment: string,
  release: Release,
  /** By which the changes are to be told; null where nobody asks for them. */
  plan: Pick<Plan, 'steps' | 'flags'> | null,
): Promise<PlannedOnCluster> {
  const target = service.environments[environment]?.target
  if (!target) throw new Refusal('no-environment', `environments: there is no ${environment}`)
  if (target.kind !== 'kubernetes') {
    if (plan)
      throw new Refusal(
        'not-kubernetes',
        `--diff asks a cluster, and ${environment} is of kind ${target.kind}`,
      )
    return { warnings: [], changes: null }
  }
  const config = kubernetesConfigSchema.parse(target)
  const planned = { config, root, workload: workloadOf(release, config.replicas) }
  try {
    const warnings = [
      ...coarse(service, config, release),
      ...inPlace(config, root, release),
      ...(await planWarnings(planned)),
    ]
    return {
      warnings,
      changes: plan && (await plannedChanges(planned, actsOf(plan, release, planned.workload))),
    }
  } catch (problem) {
    if (problem instanceof BadManifest) throw new Refusal('bad-manifest', problem.message)
    if (problem instanceof ReadingProblem) throw new Refusal(problem.code, problem.message, EXIT.environment)
    throw problem
  }
}

const actsOf = (
  { steps, flags }: Pick<Plan, 'steps' | 'flags'>,
  { schemaVersion }: Release,
  workload: Workload,
): PlannedActs => ({
  firstWeight: steps[0]?.weight ?? 100,
  migration: flags.includes('migrations') ? { workload, direction: 'up', to: schemaVersion ?? null } : null,
})

/** What StatefulSets mean for the release. Throws a Refusal where its strategy is not possible with them. */
function inPlace(config: KubernetesConfig, root: string, release: Release): string[] {
  const parts = inPlaceParts(config, readManifests(config, root))
  const problem = inPlaceProblem(release, parts)
  if (problem) throw new Refusal('in-place', problem)
  return parts.length > 0 ? [inPlaceNote(parts, release.strategy, config.replicas)] : []
}

/** Where there is no route: what the shares of a canary will be. */
function coarse(service: Service, { routes, replicas }: KubernetesConfig, release: Release): string[] {
  if (routes.length > 0 || release.strategy !== 'canary') return []
  return [coarseSteps(stepsOf('canary', service.policy, replicas), replicas)]
}
