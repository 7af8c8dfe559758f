import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { KubernetesObject } from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'
import type { Workload } from '../target.ts'
import { fillTemplate } from '../template.ts'
import type { Deployment } from './cluster-api.ts'
import type { KubernetesConfig } from './config.ts'

export const LABELS = {
  route: 'gonogo.dev/route',
  version: 'gonogo.dev/version',
  component: 'gonogo.dev/component',
} as const

const HASH_LENGTH = 8
const LONGEST_VERSION_IN_NAME = 24

/** The objects of one version, in the order in which they are made. */
export type VersionObjects = {
  readonly configMap: KubernetesObject
  readonly components: readonly {
    readonly name: string
    readonly deployment: Deployment
    readonly services: readonly KubernetesObject[]
  }[]
  /** The Service that the route leads to. */
  readonly publicService: string
}

/** A manifest that cannot be used; the message names file and remedy. */
export class BadManifest extends Error {
  override readonly name = 'BadManifest'
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)

/** A version as part of an object's name; versions that differ differ here, too. */
export const slugOf = (version: string): string =>
  `${version
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_VERSION_IN_NAME)}-${hashOf(version).slice(0, 4)}`

/** As a label's value, which has no `+`. */
export const labelOf = (version: string): string => version.replaceAll('+', '_').slice(0, 63)

/** The image by its digest, so that what runs is what was voted on. */
export const imageOf = ({ artifact, digest }: Workload): string =>
  artifact.includes('@') ? artifact : `${artifact}@${digest}`

/** Fills the manifests for a version. Throws a BadManifest. */
export function renderVersion(
  config: KubernetesConfig,
  root: string,
  workload: Workload,
  replicas: number,
): VersionObjects {
  const slug = slugOf(workload.version)
  const parsed = Object.entries(config.components).map(([name, { manifest }]) => ({
    name,
    file: manifest,
    objects: readManifest(resolve(root, manifest), manifest),
  }))
  const configMap = configMapOf(config, workload)
  const values = new Map([
    ['image', imageOf(workload)],
    ['version', workload.version],
    ['config', configMap.metadata?.name ?? ''],
  ])
  for (const { name, objects } of parsed) {
    const service = objects.find((one) => one.kind === 'Service')
    if (service) values.set(`component.${name}.host`, `${service.metadata?.name}-${slug}`)
  }
  const components = parsed.map(({ name, file, objects }) => {
    const labels = labelsOf(config, workload.version, name)
    const own = objects.map((one) => renamed(filled(one, values, file), slug, labels, config.namespace))
    const deployment = own.find((one): one is Deployment => one.kind === 'Deployment')
    if (!deployment?.spec) throw new BadManifest(`${file}: there is no Deployment; add one`)
    return {
      name,
      deployment: { ...deployment, spec: { ...deployment.spec, replicas } },
      services: own.filter((one) => one.kind === 'Service'),
    }
  })
  return { configMap, components, publicService: `${publicServiceOf(config, root)}-${slug}` }
}

/** Name of the public component's Service as the manifest has it: what the route leads to before any version. */
export function publicServiceOf(config: KubernetesConfig, root: string): string {
  const component = Object.values(config.components).find((one) => one.public)
  const file = component?.manifest ?? ''
  const service = readManifest(resolve(root, file), file).find((one) => one.kind === 'Service')
  if (!service?.metadata?.name)
    throw new BadManifest(`${file}: the public component has no Service; add one, the route leads to it`)
  return service.metadata.name
}

function configMapOf(config: KubernetesConfig, { version, config: data }: Workload): KubernetesObject {
  const content = hashOf(JSON.stringify(Object.entries(data).sort()))
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${config.route}-config-${slugOf(version)}-${content}`,
      namespace: config.namespace,
      labels: labelsOf(config, version),
    },
    immutable: true,
    data: { ...data },
  }
  return object
}

function labelsOf(config: KubernetesConfig, version: string, component?: string): Record<string, string> {
  return {
    [LABELS.route]: config.route,
    [LABELS.version]: labelOf(version),
    ...(component && { [LABELS.component]: component }),
  }
}

const KINDS = ['Deployment', 'Service']

function readManifest(path: string, file: string): KubernetesObject[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new BadManifest(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  const documents = parseAllDocuments(text)
  for (const { errors } of 'empty' in documents ? [] : documents)
    if (errors[0]) throw new BadManifest(`${file}: ${errors[0].message}`)
  const objects = [...documents]
    .map((one) => one.toJS() as KubernetesObject | null)
    .filter((one) => one !== null)
  const other = objects.find((one) => !KINDS.includes(one.kind ?? ''))
  if (other)
    throw new BadManifest(
      `${file}: a ${other.kind} is not deployed with a version; keep only Deployment and Service here`,
    )
  return objects
}

/** Every string with its templates filled. */
function filled<T>(value: T, values: ReadonlyMap<string, string>, file: string): T {
  if (typeof value === 'string') {
    const result = fillTemplate(value, values)
    if (!result.ok)
      throw new BadManifest(
        `${file}: no such name: \${${result.name}}; there are ${[...values.keys()].join(', ')}`,
      )
    return result.text as T
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, values, file)) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, values, file)])) as T
}

/** The object under this version's name, with labels by which its pods are told from another version's. */
function renamed(
  object: KubernetesObject,
  slug: string,
  labels: Record<string, string>,
  namespace: string,
): KubernetesObject {
  const metadata = {
    ...object.metadata,
    name: `${object.metadata?.name}-${slug}`,
    namespace,
    labels: { ...object.metadata?.labels, ...labels },
  }
  if (object.kind === 'Service') {
    const { spec } = object as { spec?: { selector?: Record<string, string> } }
    return {
      ...object,
      metadata,
      spec: { ...spec, selector: { ...spec?.selector, ...labels } },
    } as KubernetesObject
  }
  const { spec } = object as Deployment
  const template = spec?.template
  return {
    ...object,
    metadata,
    spec: {
      ...spec,
      selector: { matchLabels: { ...spec?.selector?.matchLabels, ...labels } },
      template: {
        ...template,
        metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, ...labels } },
      },
    },
  } as KubernetesObject
}
