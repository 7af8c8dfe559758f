import { createHmac } from 'node:crypto'
import { dataSchema, referencesOf, whoAmI } from '#connectors/kubernetes/index.ts'
import { canonicalJson } from '#core/json.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { clusterAs, clusterOf } from '../live/service-cluster.ts'

export type ClusterConfiguration = {
  /** By kind and name. */
  readonly objects: Readonly<Record<string, object>>
  /** Every value of every Secret, as it is and as the API writes it. */
  readonly secrets: readonly string[]
  /** Of every object, by kind and name: plain digests of secrets could be guessed. */
  digests(key: Buffer): Record<string, string>
  /** What is wrong with who reads them; null when it is an identity of its own. */
  readonly problem: string | null
}

/** The ConfigMaps and Secrets that the Deployments take something from as they stand there, read by the backup identity. */
export async function clusterConfiguration(
  ctx: CheckContext,
  kubeconfig: string | undefined,
): Promise<ClusterConfiguration> {
  if (!kubeconfig)
    throw new CheckProblem(
      'Secrets are read by an identity of its own only; add kubeconfig, see docs/kubernetes.md',
    )
  const service = clusterOf(ctx)
  const backup = clusterAs(ctx, kubeconfig)
  const [deployer, keeper, live] = await Promise.all([
    whoAmI(service.cluster),
    whoAmI(backup),
    service.live(),
  ])
  const { secrets, configMaps } = referencesOf(live.map(({ spec }) => spec.template.spec))
  const read = async (kind: string, plural: string, name: string) => {
    const found = await backup.find(`/api/v1/namespaces/${service.namespace}/${plural}/${name}`, dataSchema)
    if (!found)
      throw new CheckProblem(`there is no ${kind} ${name} in ${service.namespace}, which a pod refers to`)
    const { data, binaryData } = found
    return [`${kind} ${name}`, { data, binaryData }] as const
  }
  const [maps, hidden] = await Promise.all([
    Promise.all(configMaps.map((name) => read('ConfigMap', 'configmaps', name))),
    Promise.all(secrets.map((name) => read('Secret', 'secrets', name))),
  ])
  const objects = Object.fromEntries([...maps, ...hidden])
  const values = hidden.flatMap(([, { data }]) => Object.values(data))
  return {
    objects,
    secrets: values.flatMap((value) => [value, Buffer.from(value, 'base64').toString('latin1')]),
    digests: (key) =>
      Object.fromEntries(
        Object.entries(objects).map(([name, object]) => [
          name,
          createHmac('sha256', key).update(canonicalJson(object)).digest('hex'),
        ]),
      ),
    problem:
      deployer === keeper
        ? `${keeper} deploys and reads Secrets; the backup needs an identity of its own`
        : null,
  }
}
