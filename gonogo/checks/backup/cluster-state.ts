import { routeSchema } from '#connectors/kubernetes/index.ts'
import type { Json } from '#core/json.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { clusterOf } from '../live/service-cluster.ts'

const REVISION = 'deployment.kubernetes.io/revision'
const BY_DIGEST = /@sha256:[0-9a-f]{64}$/

/** What stands in the cluster before anything is changed: all that is needed to put it back by hand. */
export async function clusterState(
  ctx: CheckContext,
): Promise<{ readonly state: { [key: string]: Json }; readonly problem: string | null }> {
  const { cluster, namespace, config, live } = clusterOf(ctx)
  const deployments = (await live()).map(({ kind, metadata, spec, status }) => {
    const revision = metadata.annotations[REVISION] ?? status.updateRevision
    if (!revision) throw new CheckProblem(`${kind} ${metadata.name} has no revision yet to go back to`)
    const images = [...spec.template.spec.initContainers, ...spec.template.spec.containers].map(
      ({ name, image }) => ({ name, image }),
    )
    return { name: metadata.name, revision, replicas: spec.replicas, images }
  })
  const routes = await Promise.all(
    config.routes.map(async ({ kind, name }) => {
      const plural = `${kind.toLowerCase()}s`
      const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/${plural}/${name}`
      return { kind, name, spec: (await cluster.get(path, routeSchema)).spec as Json }
    }),
  )
  const tags = deployments.flatMap(({ name, images }) =>
    images.filter(({ image }) => !BY_DIGEST.test(image)).map(({ image }) => `${name} runs ${image}`),
  )
  const [tag] = tags
  return {
    state: { deployments, routes },
    problem: tag ? `${tag}, a name that may mean another image tomorrow, not a digest` : null,
  }
}
