import {
  deploymentSchema,
  objectSchema,
  PROBE,
  podSchema,
  referencesOf,
  revisionSchema,
} from '#connectors/kubernetes/index.ts'
import { MIGRATES } from '#targets/kubernetes/migration-job.ts'
import { LABELS } from '#targets/kubernetes/render.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { clusterOf } from '../live/service-cluster.ts'

/** Everything in the namespace that a deployment made for a while and that is still there, by kind and name. */
export async function clusterLeftovers(ctx: CheckContext): Promise<readonly string[]> {
  const { cluster, namespace, of, configMap } = clusterOf(ctx)
  const labelled = { selector: `${LABELS.of}=${of}` }
  const core = `/api/v1/namespaces/${namespace}`
  const apps = `/apis/apps/v1/namespaces/${namespace}`
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const [
    deployments,
    sets,
    revisions,
    setRevisions,
    services,
    pods,
    maps,
    probePods,
    probeServices,
    migrations,
  ] = await Promise.all([
    cluster.list(`${apps}/deployments`, deploymentSchema, labelled),
    cluster.list(`${apps}/statefulsets`, deploymentSchema, labelled),
    cluster.list(`${apps}/replicasets`, deploymentSchema, labelled),
    cluster.list(`${apps}/controllerrevisions`, revisionSchema, labelled),
    cluster.list(`${core}/services`, objectSchema, labelled),
    cluster.list(`${core}/pods`, objectSchema, labelled),
    cluster.list(`${core}/configmaps`, objectSchema, labelled),
    cluster.list(`${core}/pods`, objectSchema, { selector: PROBE }),
    cluster.list(`${core}/services`, objectSchema, { selector: PROBE }),
    cluster.list(jobs, objectSchema, { selector: `${MIGRATES}=${of}` }),
  ])
  if (deployments.length + sets.length === 0)
    throw new CheckProblem(`no Deployment or StatefulSet in ${namespace} has the label ${LABELS.of}=${of}`)
  // A revision that could be undone to needs its configuration.
  const { configMaps } = referencesOf(
    [...deployments, ...sets, ...revisions, ...setRevisions.map(({ data }) => data)].map(
      ({ spec }) => spec.template.spec,
    ),
  )
  const named = (kind: string, all: readonly Labelled[]) =>
    all.map(({ metadata }) => `${kind} ${metadata.name}`)
  return [
    ...named('Deployment', deployments.filter(isTemporary)),
    ...named('Service', [...services.filter(isTemporary), ...probeServices]),
    ...named('Job', migrations.filter(isStaying)),
    ...named('Pod', [...pods.filter(isInSlot).filter(isTemporary), ...probePods].filter(isStaying)),
    ...named(
      'ConfigMap',
      maps.filter(({ metadata }) => metadata.name !== configMap && !configMaps.includes(metadata.name)),
    ),
  ]
}

/** Pods of the set that run another image than the release's, or say that they are of another version. */
export async function oldPods(ctx: CheckContext): Promise<readonly string[]> {
  const { cluster, namespace, of } = clusterOf(ctx)
  const { version, digest } = ctx.release
  const pods = await cluster.list(`/api/v1/namespaces/${namespace}/pods`, podSchema, {
    selector: `${LABELS.of}=${of}`,
  })
  return pods
    .filter(isStaying)
    .filter(
      ({ metadata, spec }) =>
        (metadata.labels[LABELS.version] ?? version) !== version ||
        !spec.containers.some(({ image }) => image.endsWith(digest)),
    )
    .map(({ metadata }) => metadata.name)
}

type Labelled = {
  readonly metadata: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string | undefined
  }
}

const isTemporary = ({ metadata }: Labelled): boolean => metadata.labels[LABELS.slot] !== 'stable'
/** A StatefulSet's pods are in none. */
const isInSlot = ({ metadata }: Labelled): boolean => LABELS.slot in metadata.labels
const isStaying = ({ metadata }: Labelled): boolean => metadata.deletionTimestamp === undefined
