import type { KubernetesObject } from '@kubernetes/client-node'
import type { ManifestObject, VersionRecord } from './saved-state.ts'

/** What a component's pods are made by: one of them, and one only. */
export const CONTROLLERS = ['Deployment', 'StatefulSet']

/** As messages and the saved state have it. */
export const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata?.name}`

type OfKind = { readonly kind?: string }

/** A StatefulSet cannot be copied beside itself, since its pods own volumes: it is updated in place, pod by pod. */
export const isSet = ({ kind }: OfKind): boolean => kind === 'StatefulSet'

export const controllerIn = (objects: readonly ManifestObject[]): ManifestObject | undefined =>
  objects.find(({ kind }) => CONTROLLERS.includes(kind))

/** The Services that lead to the pods of one version; the first of them is the component's address. */
export const versionServices = (objects: readonly ManifestObject[]): ManifestObject[] =>
  objects.filter((one) => one.kind === 'Service' && !isGoverning(one, controllerIn(objects)))

/** The headless Service by which the pods of a StatefulSet find each other: it leads to all of them, whatever their version. */
export function isGoverning(service: ManifestObject, controller: ManifestObject | undefined): boolean {
  const { serviceName } = (controller?.spec ?? {}) as { serviceName?: string }
  const { clusterIP } = (service.spec ?? {}) as { clusterIP?: string }
  return (
    controller !== undefined &&
    isSet(controller) &&
    clusterIP === 'None' &&
    service.metadata.name === serviceName
  )
}

export const hasSets = ({ manifests }: Pick<VersionRecord, 'manifests'>): boolean =>
  manifests.some(({ objects }) => objects.some(isSet))

/** The names of a version's StatefulSets. */
export const setsOf = ({ manifests }: Pick<VersionRecord, 'manifests'>): string[] =>
  manifests.flatMap(({ objects }) => objects.filter(isSet).map(({ metadata }) => metadata.name))
