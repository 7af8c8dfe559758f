import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import {
  copyOf,
  type PodTemplate,
  PROBE,
  podTemplateSchema,
  selects,
  unowned,
} from '#connectors/kubernetes/index.ts'
import type { Instance } from '#targets/target.ts'
import { CheckProblem } from '../check.ts'
import type { ServiceCluster } from '../live/service-cluster.ts'

/** Each pod has one of its own, or may read it and no more. */
const OWN_VOLUMES = ['emptyDir', 'configMap', 'secret', 'projected', 'downwardAPI', 'ephemeral', 'image']
/** After the check has taken them away itself. */
const GRACE_MS = 30_000

const serviceSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    ports: z.array(z.looseObject({})).default([]),
    selector: z.record(z.string(), z.string()).default({}),
    publishNotReadyAddresses: z.boolean().default(false),
  }),
})
type Service = z.infer<typeof serviceSchema>

const metadataSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().default(false) }))
      .default([]),
  }),
})
const controllerSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ template: podTemplateSchema, volumeClaimTemplates: z.array(z.unknown()).default([]) }),
})

const containerStatus = z.object({
  name: z.string(),
  restartCount: z.number(),
  /** False until its startup probe has succeeded. */
  started: z.boolean().default(true),
  state: z
    .object({
      running: z.unknown().optional(),
      waiting: z.object({ reason: z.string().default('') }).optional(),
    })
    .prefault({}),
})

const copySchema = z.object({
  status: z
    .object({
      phase: z.string().default(''),
      podIP: z.string().default(''),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().default('') }))
        .default([]),
      containerStatuses: z.array(containerStatus).default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
})

const sliceSchema = z.object({
  endpoints: z
    .array(
      z.object({
        // Where nothing is said, it counts as ready.
        conditions: z.object({ ready: z.boolean().default(true) }).prefault({}),
        targetRef: z.object({ name: z.string() }).optional(),
      }),
    )
    .nullish(),
})

/** What the cluster tells of a copy. */
export type Copy = z.infer<typeof copySchema> & { readonly getsTraffic: boolean }

/** One copy as the pod is, and one with other settings. */
export type Copies = {
  readonly template: PodTemplate
  start(settings: Readonly<Record<string, string>>, limitMs: number): Promise<void>
  look(): Promise<{ readonly good: Copy; readonly bad: Copy }>
  /** Takes away all that was started; what could not be is in the answer. */
  end(): Promise<string | null>
}

/**
 * Copies of a pod behind a Service like the release's own, which lead no user to them. Throws a CheckProblem where it
 * cannot be copied without harm.
 */
export async function copiesOf(
  service: ServiceCluster,
  { id: pod, digest }: Pick<Instance, 'id' | 'digest'>,
): Promise<Copies> {
  const { cluster, namespace, of } = service
  const core = `/api/v1/namespaces/${namespace}`
  const [services, original] = await Promise.all([
    cluster.list(`${core}/services`, serviceSchema),
    cluster.get(`${core}/pods/${pod}`, metadataSchema),
  ])
  const own = services.find(({ metadata }) => metadata.name === of)
  if (!own) throw new CheckProblem(`there is no Service ${of} in ${namespace}`)
  const template = await templateOf(service, original, digest)
  refuseTraffic(services, template, of)
  const id = `gonogo-probe-${randomBytes(4).toString('hex')}`
  const names = { good: `${id}-as-it-is`, bad: `${id}-unready` }
  const labels = { [PROBE]: id }
  // Should nobody be left to take them away, they go with the pod.
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: pod, uid: original.metadata.uid }]
  const metadata = (name: string) => ({ name, namespace, ownerReferences })
  const makePod = (name: string, env: Readonly<Record<string, string>>, limitMs: number) =>
    cluster.create(
      `${core}/pods`,
      copyOf(template, { metadata: metadata(name), labels, env, limitMs: limitMs + GRACE_MS }),
      z.unknown(),
    )
  return {
    template,
    start: async (settings, limitMs) => {
      const ports = own.spec.ports.map(({ nodePort: _, ...port }) => port)
      const spec = { selector: labels, ports, publishNotReadyAddresses: own.spec.publishNotReadyAddresses }
      const made = { apiVersion: 'v1', kind: 'Service', metadata: { ...metadata(id), labels }, spec }
      await cluster.create(`${core}/services`, made, z.unknown())
      await makePod(names.good, {}, limitMs)
      await makePod(names.bad, settings, limitMs)
    },
    look: async () => {
      const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`
      const [good, bad, all] = await Promise.all([
        cluster.get(`${core}/pods/${names.good}`, copySchema),
        cluster.get(`${core}/pods/${names.bad}`, copySchema),
        cluster.list(slices, sliceSchema, { selector: `kubernetes.io/service-name=${id}` }),
      ])
      const ready = all
        .flatMap(({ endpoints }) => endpoints ?? [])
        .filter(({ conditions }) => conditions.ready)
        .map(({ targetRef }) => targetRef?.name)
      return {
        good: { ...good, getsTraffic: ready.includes(names.good) },
        bad: { ...bad, getsTraffic: ready.includes(names.bad) },
      }
    },
    end: async () => {
      const pods = Object.values(names).map((name) => `pods/${name}?gracePeriodSeconds=0`)
      const ended = await Promise.allSettled(
        [`services/${id}`, ...pods].map((path) => cluster.remove(`${core}/${path}`)),
      )
      const problem = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
      return problem ? `${id} in ${namespace} is left: ${(problem.reason as Error).message}` : null
    },
  }
}

async function templateOf(
  { cluster, namespace }: ServiceCluster,
  { metadata: { name, ownerReferences } }: z.infer<typeof metadataSchema>,
  digest: string,
): Promise<PodTemplate> {
  const owner = ownerReferences.find(({ controller }) => controller)
  const apps = `/apis/apps/v1/namespaces/${namespace}`
  const kind = owner?.kind ?? 'none'
  if (kind !== 'ReplicaSet' && kind !== 'StatefulSet')
    throw new CheckProblem(`${name} belongs to no Deployment and no StatefulSet, so it cannot be copied`)
  const all = await cluster.list(`${apps}/${kind.toLowerCase()}s`, controllerSchema)
  const spec = all.find(({ metadata }) => metadata.name === owner?.name)?.spec
  if (!spec) throw new CheckProblem(`there is no ${kind} ${owner?.name} any more, of which ${name} is`)
  const isShared = spec.template.spec.volumes.some((one) => !OWN_VOLUMES.some((kind) => kind in one))
  if (isShared || spec.volumeClaimTemplates.length > 0)
    throw new CheckProblem(`${name} has volumes that outlive it: a copy would write what is its own`)
  // A set may have begun with another release already.
  if (!spec.template.spec.containers.some(({ image }) => image?.endsWith(digest)))
    throw new CheckProblem(`${kind} ${owner?.name} has no container of ${digest.slice(0, 19)}… any more`)
  return spec.template
}

/** A copy has the labels of the workload, by which policies of the network know it; Services of somebody else may, too. */
function refuseTraffic(services: readonly Service[], template: PodTemplate, of: string): void {
  const labels = unowned(template)
  const leading = services.find(
    ({ spec: { selector } }) =>
      Object.keys(selector).length > 0 && selects({ matchLabels: selector, matchExpressions: [] }, labels),
  )
  if (leading)
    throw new CheckProblem(
      `Service ${leading.metadata.name} would lead users to a copy: give its selector gonogo.dev/of: ${of}, which a copy has not`,
    )
}
