import { createHash } from 'node:crypto'
import type { KubernetesObject } from '@kubernetes/client-node'
import type { Workload } from '../target.ts'
import { fillTemplate } from '../template.ts'
import type { Controller, StatefulSet } from './cluster-api.ts'
import { controllerIn, isGoverning, isSet, versionServices } from './controllers.ts'
import { BadManifest } from './read-manifests.ts'
import type { Manifest, ManifestObject } from './saved-state.ts'
import { nameIn, type Place, type Slot } from './slots.ts'

/** `of` names the set that one gonogo target deploys together. */
export const LABELS = {
  of: 'gonogo.dev/of',
  slot: 'gonogo.dev/slot',
  version: 'gonogo.dev/version',
  component: 'gonogo.dev/component',
} as const

const HASH_LENGTH = 10

export type Rendering = {
  readonly namespace: string
  /** Name of the set: the public component's Service. */
  readonly of: string
  readonly workload: Workload
  readonly manifests: readonly Manifest[]
  readonly slot: Slot
  readonly replicas: number
  /** Where another version has pods of the same StatefulSets; otherwise all of them are this one's. */
  readonly share?: SetShare
  /** Whose pods the public Service of the stable slot selects, null for those of every version; its own where not given. */
  readonly selected?: Place | null
}

/** How many pods a StatefulSet has, and from which ordinal on they are of the version whose template it has. */
export type SetShare = { readonly size: number; readonly partition: number }

/** The objects of one version in one slot, in the order in which they are made. */
export type RenderedVersion = {
  readonly configMap: KubernetesObject
  readonly components: readonly {
    readonly name: string
    readonly controller: Controller
    readonly services: readonly KubernetesObject[]
  }[]
}

/** As a label's value, which has no `+`. */
export const labelOf = (version: string): string => version.replaceAll('+', '_').slice(0, 63)

/** The image by its digest, so that what runs is what was voted on. */
export const imageOf = ({ artifact, digest }: Pick<Workload, 'artifact' | 'digest'>): string =>
  artifact.includes('@') ? artifact : `${artifact.replace(/:[^/:]*$/, '')}@${digest}`

/** Fills the manifests for a version in a slot. Throws a BadManifest. */
export function renderVersion(rendering: Rendering): RenderedVersion {
  const { manifests, workload, slot } = rendering
  const configMap = configMapOf(rendering)
  const values = new Map([
    ['image', imageOf(workload)],
    ['version', workload.version],
    ['config', configMap.metadata?.name ?? ''],
  ])
  for (const { component, objects } of manifests) {
    const [service] = versionServices(objects)
    if (service) values.set(`component.${component}.host`, nameIn(slot, service.metadata.name))
  }
  const components = manifests.map(({ component, objects, isFound }) => {
    const labels = labelsOf(rendering, component)
    const own = isFound ? objects : objects.map((one) => filled(one, values, component))
    const controller = controllerIn(own) as ManifestObject
    return {
      name: component,
      controller: isSet(controller)
        ? setOf(controller, rendering, labels)
        : deploymentOf(controller, rendering, labels),
      services: own
        .filter((one) => one.kind === 'Service')
        .map((one) =>
          isGoverning(one, controller)
            ? { ...one, metadata: metadataOf(one, 'stable', rendering.namespace, labels) }
            : serviceOf(one, rendering, labels, isSet(controller)),
        ),
    }
  })
  return { configMap, components }
}

/** Named by its content, as kustomize does, and never changed: it goes back with the workload that refers to it. */
export function configMapOf(rendering: Pick<Rendering, 'namespace' | 'of' | 'workload'>): KubernetesObject {
  const { config } = rendering.workload
  const content = JSON.stringify(Object.entries(config).sort())
  const hash = createHash('sha256').update(content).digest('hex').slice(0, HASH_LENGTH)
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${rendering.of}-config-${hash}`,
      namespace: rendering.namespace,
      labels: { [LABELS.of]: rendering.of },
    },
    immutable: true,
    data: { ...config },
  }
  return object
}

const labelsOf = ({ of, workload }: Rendering, component: string): Record<string, string> => ({
  [LABELS.of]: of,
  [LABELS.version]: labelOf(workload.version),
  [LABELS.component]: component,
})

/** The label by which pods are told from those of another version: the slot's, which the pods of a StatefulSet have not. */
export const placeLabel = ({ slot, version }: Place, ofSet: boolean): Record<string, string> =>
  ofSet ? { [LABELS.version]: labelOf(version) } : { [LABELS.slot]: slot }

function serviceOf(
  object: ManifestObject,
  { of, slot, namespace, workload: { version }, selected }: Rendering,
  labels: Record<string, string>,
  ofSet: boolean,
): KubernetesObject {
  const { spec } = object as { spec?: Record<string, unknown> & { selector?: Record<string, string> } }
  const { [LABELS.slot]: _slot, [LABELS.version]: _version, ...selector } = spec?.selector ?? {}
  const isPublic = slot === 'stable' && object.metadata.name === of
  const from = isPublic && selected !== undefined ? selected : { slot, version }
  return {
    ...object,
    metadata: metadataOf(object, slot, namespace, labels),
    spec: {
      ...(slot === 'stable' ? spec : insideOnly(spec)),
      selector: { ...selector, ...(from === null ? { [LABELS.of]: of } : placeLabel(from, ofSet)) },
    },
  } as KubernetesObject
}

/** A copy is reached from inside the cluster, by an address of its own: the one that users know is taken. */
function insideOnly(spec: Record<string, unknown> = {}): Record<string, unknown> {
  const { type: _type, clusterIP, clusterIPs: _all, ports, ...rest } = spec
  for (const key of Object.keys(rest)) if (OUTSIDE.test(key)) delete rest[key]
  const inside = (ports as Record<string, unknown>[] | undefined)?.map(({ nodePort: _port, ...port }) => port)
  return { ...rest, ...(inside && { ports: inside }), ...(clusterIP === 'None' && { clusterIP }) }
}

const OUTSIDE = /^(external|loadBalancer|allocateLoadBalancer|healthCheckNodePort)/

function deploymentOf(
  object: ManifestObject,
  { slot, namespace, replicas }: Rendering,
  labels: Record<string, string>,
): Controller {
  const { spec } = object as unknown as Controller
  // A selector cannot be changed: the stable one stays as the manifest has it, which may be older than gonogo.
  const own = { [LABELS.slot]: slot }
  return {
    ...object,
    metadata: metadataOf(object, slot, namespace, labels),
    spec: {
      ...spec,
      replicas,
      selector: { matchLabels: { ...spec?.selector?.matchLabels, ...(slot !== 'stable' && own) } },
      template: labelled(spec?.template, { ...labels, ...own }),
    },
  } as Controller
}

/** The same in every slot: a template that changed with a promotion would start each pod again. */
function setOf(
  object: ManifestObject,
  { namespace, replicas, share = { size: replicas, partition: 0 } }: Rendering,
  labels: Record<string, string>,
): StatefulSet {
  const { spec } = object as unknown as StatefulSet
  const { [LABELS.slot]: _slot, ...others } = spec?.template?.metadata?.labels ?? {}
  const template = { ...spec?.template, metadata: { ...spec?.template?.metadata, labels: others } }
  const rollingUpdate = { ...spec?.updateStrategy?.rollingUpdate, partition: share.partition }
  return {
    ...object,
    metadata: metadataOf(object, 'stable', namespace, labels),
    spec: {
      ...spec,
      replicas: share.size,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate },
      template: labelled(template, labels),
    },
  } as StatefulSet
}

type Template = NonNullable<Controller['spec']>['template']

const labelled = (template: Template | undefined, labels: Record<string, string>) => ({
  ...template,
  metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, ...labels } },
})

const metadataOf = (
  { metadata }: ManifestObject,
  slot: Slot,
  namespace: string,
  labels: Record<string, string>,
) => ({
  ...metadata,
  name: nameIn(slot, metadata.name),
  namespace,
  labels: { ...(metadata.labels as object | undefined), ...labels, [LABELS.slot]: slot },
})

/** Every string with its templates filled; `component` names the manifest. Throws a BadManifest. */
export function filled<T>(value: T, values: ReadonlyMap<string, string>, component: string): T {
  if (typeof value === 'string') {
    const result = fillTemplate(value, values)
    if (!result.ok)
      throw new BadManifest(
        `the manifest of ${component}: no such name: \${${result.name}}; there are ${[...values.keys()].join(', ')}`,
      )
    return result.text as T
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, values, component)) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, filled(one, values, component)]),
  ) as T
}
