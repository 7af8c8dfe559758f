import {
  type Cluster,
  objectSchema,
  openCluster,
  podSpecSchema,
  referencesOf,
} from '#connectors/kubernetes/index.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import { autoscalerWarnings } from './autoscaling.ts'
import { budgetWarnings } from './budgets.ts'
import { type Planned, renderPlanned } from './planned-changes.ts'
import { ROUTE_API } from './route.ts'

type Marks = Readonly<Record<string, string>>

/** By what each tool marks the objects that it owns, and what it does to them while gonogo deploys. */
const OWNERS: readonly { readonly name: string; readonly marks: RegExp; readonly does: string }[] = [
  { name: 'Argo CD', marks: /^argocd\.argoproj\.io\//, does: 'puts back what gonogo changes' },
  { name: 'Flux', marks: /^(kustomize|helm)\.toolkit\.fluxcd\.io\//, does: 'puts back what gonogo changes' },
  { name: 'Helm', marks: /^meta\.helm\.sh\//, does: 'overwrites it with its next upgrade' },
]

/** What whoever plans should know before anything is begun: who else has a say there, and what would not go back. */
export async function planWarnings(planned: Planned): Promise<string[]> {
  const { config, root, workload } = planned
  const { namespace } = config
  const cluster = () => openCluster({ root, kubeconfig: config.kubeconfig, context: config.context })
  const [stable, canary] = [
    renderPlanned(planned, 'stable').components,
    renderPlanned(planned, 'canary').components,
  ]
  const { replicas } = workload
  const controllers = stable.map(({ controller }) => controller)
  return [
    ...unversioned(planned),
    ...(await orUnknown('who else owns what is deployed', () => foreignOwners(cluster(), planned))),
    ...(await orUnknown('what a drain of a node may take', () =>
      budgetWarnings(cluster(), { namespace, replicas, stable, canary }),
    )),
    ...(await orUnknown('how many pods autoscalers run', () =>
      autoscalerWarnings(cluster(), namespace, controllers, replicas),
    )),
  ]
}

async function orUnknown(what: string, told: () => Promise<string[]>): Promise<string[]> {
  try {
    return await told()
  } catch (problem) {
    if (!(problem instanceof ReadingProblem)) throw problem
    return [`${what} is not known: ${problem.message}`]
  }
}

/** Secrets and ConfigMaps that the templates refer to by a name which stays when the content changes. */
function unversioned(planned: Planned): string[] {
  const { components, configMap } = renderPlanned(planned, 'stable')
  return components.flatMap(({ name: component, controller }) => {
    const { secrets, configMaps } = referencesOf([podSpecSchema.parse(controller.spec?.template.spec)])
    const named = [
      ...secrets.map((name) => ({ kind: 'Secret', name })),
      ...configMaps
        .filter((name) => name !== configMap.metadata?.name)
        .map((name) => ({ kind: 'ConfigMap', name })),
    ]
    return named
      .filter(({ name }) => !isVersioned(name))
      .map(
        ({ kind, name }) =>
          `${component}: ${kind} ${name} has no version in its name: a change of it would not be rolled back`,
      )
  })
}

/** A hash or a number at the end, as kustomize and people write it: `db-7f9c2d`, `db-v12`. */
const isVersioned = (name: string): boolean => /-(?:v?\d+|(?=[a-z]*\d)[a-z0-9]{6,})$/.test(name)

async function foreignOwners(cluster: Cluster, planned: Planned): Promise<string[]> {
  const { namespace, routes } = planned.config
  const { components } = renderPlanned(planned, 'stable')
  const objects = [
    ...components.flatMap(({ controller, services }) => [
      {
        kind: controller.kind ?? '',
        path: `/apis/apps/v1/namespaces/${namespace}/${controller.kind?.toLowerCase()}s`,
        name: nameOf(controller),
      },
      ...services.map((one) => ({
        kind: 'Service',
        path: `/api/v1/namespaces/${namespace}/services`,
        name: nameOf(one),
      })),
    ]),
    ...routes.map(({ kind, name }) => ({
      kind,
      path: `/apis/${ROUTE_API}/namespaces/${namespace}/${kind.toLowerCase()}s`,
      name,
    })),
  ]
  return (await Promise.all(objects.map((one) => ownersOf(cluster, one)))).flat()
}

const nameOf = (one: { metadata?: { name?: string } }): string => one.metadata?.name ?? ''

async function ownersOf(
  cluster: Cluster,
  { kind, path, name }: { readonly kind: string; readonly path: string; readonly name: string },
): Promise<string[]> {
  const found = await cluster.find(`${path}/${name}`, objectSchema)
  if (!found) return []
  const marks: Marks = { ...found.metadata.labels, ...found.metadata.annotations }
  return OWNERS.filter(({ marks: own }) => Object.keys(marks).some((key) => own.test(key))).map(
    ({ name: owner, does }) =>
      `${kind} ${name} belongs to ${owner}, which ${does}; see “Beside other owners” in docs/kubernetes.md`,
  )
}
