import {
  type Cluster,
  type ClusterDeployment,
  deploymentSchema,
  openCluster,
} from '#connectors/kubernetes/index.ts'
import { type KubernetesConfig, kubernetesConfigSchema } from '#targets/kubernetes/config.ts'
import { BadManifest, publicServiceOf, readManifests } from '#targets/kubernetes/read-manifests.ts'
import { renderVersion } from '#targets/kubernetes/render.ts'
import { type CheckContext, CheckProblem } from '../check.ts'

/** The cluster that the environment is on, as the check sees it. */
export type ServiceCluster = {
  readonly cluster: Cluster
  readonly config: KubernetesConfig
  readonly namespace: string
  /** Name of the set that is deployed together: the public component's Service. */
  readonly of: string
  /** What the release's Deployments and StatefulSets will be, from its manifests. */
  readonly declared: readonly ClusterDeployment[]
  /** Name of the ConfigMap that holds the release's configuration. */
  readonly configMap: string
  /** The same as they stand there now, of every component; throws a CheckProblem where one is missing. */
  live(): Promise<ClusterDeployment[]>
}

const targetOf = ({ service, environment }: CheckContext) => service.environments[environment.name]?.target

export const isOnCluster = (ctx: CheckContext): boolean => targetOf(ctx)?.kind === 'kubernetes'

/** Throws a CheckProblem where the environment is on no cluster, or its manifests cannot be used. */
export function clusterOf(ctx: CheckContext): ServiceCluster {
  const { root, environment, signal } = ctx
  if (!isOnCluster(ctx))
    throw new CheckProblem(
      `${environment.name} is on no cluster: its target is of kind ${targetOf(ctx)?.kind}`,
    )
  const parsed = kubernetesConfigSchema.safeParse(targetOf(ctx))
  if (!parsed.success)
    throw new CheckProblem(`environments.${environment.name}.target: ${parsed.error.issues[0]?.message}`)
  const config = parsed.data
  const cluster = openCluster({ root, kubeconfig: config.kubeconfig, context: config.context }, signal)
  const { of, declared, configMap } = declaredOf(ctx, config)
  return {
    cluster,
    config,
    namespace: config.namespace,
    of,
    declared,
    configMap,
    live: () => liveOf(cluster, config, declared),
  }
}

/** As another identity; the file is named in the check's own block. */
export const clusterAs = (ctx: CheckContext, kubeconfig: string): Cluster =>
  openCluster({ root: ctx.root, kubeconfig }, ctx.signal)

function declaredOf({ root, release }: CheckContext, config: KubernetesConfig) {
  try {
    const manifests = readManifests(config, root)
    const of = publicServiceOf(config, manifests)
    const { version, artifact, digest } = release
    const workload = { version, artifact, digest, replicas: config.replicas, config: release.config }
    const { namespace, replicas } = config
    const rendered = renderVersion({ namespace, of, workload, manifests, slot: 'stable', replicas })
    // What a manifest leaves to the cluster has no place in it.
    const own = { uid: '', creationTimestamp: new Date(0).toISOString() }
    const declared = rendered.components.map(({ name, controller }) => {
      const parsed = deploymentSchema.safeParse({
        kind: controller.kind,
        spec: controller.spec,
        metadata: { ...controller.metadata, ...own },
      })
      if (parsed.success) return parsed.data
      const issue = parsed.error.issues[0]
      throw new CheckProblem(`the manifest of ${name}: ${issue?.path.join('.')}: ${issue?.message}`)
    })
    return { of, declared, configMap: rendered.configMap.metadata?.name ?? '' }
  } catch (problem) {
    if (problem instanceof BadManifest) throw new CheckProblem(problem.message)
    throw problem
  }
}

async function liveOf(
  cluster: Cluster,
  { namespace }: KubernetesConfig,
  declared: readonly ClusterDeployment[],
): Promise<ClusterDeployment[]> {
  return Promise.all(
    declared.map(async (one) => {
      const found = await cluster.find(pathOf(one, namespace), deploymentSchema)
      if (!found) throw new CheckProblem(`there is no ${one.kind} ${one.metadata.name} in ${namespace}`)
      return found
    }),
  )
}

/** Where the API has it. */
export const pathOf = ({ kind, metadata: { name } }: ClusterDeployment, namespace: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`
