import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { KubernetesConfig } from './config.ts'
import { CONTROLLERS, hasSets, isSet, versionServices } from './controllers.ts'
import type { Manifest, ManifestObject } from './saved-state.ts'

/** A manifest that cannot be used; the message names file and remedy. */
export class BadManifest extends Error {
  override readonly name = 'BadManifest'
}

const KINDS = [...CONTROLLERS, 'Service']
const HOST_OF_SLOT = /\$\{component\.[^}]*\}/

/** Each component's Deployment or StatefulSet and its Services, as its file has them. Throws a BadManifest. */
export function readManifests(config: KubernetesConfig, root: string): Manifest[] {
  return Object.entries(config.components).map(([component, { manifest: file, ...declared }]) => {
    const objects = readObjects(resolve(root, file), file)
    const other = objects.find((one) => !KINDS.includes(one.kind))
    if (other)
      throw new BadManifest(
        `${file}: a ${other.kind} is not deployed with a version; keep only Deployment, StatefulSet and Service here`,
      )
    const controllers = objects.filter((one) => CONTROLLERS.includes(one.kind))
    if (controllers.length !== 1)
      throw new BadManifest(
        `${file}: there are ${controllers.length} Deployments and StatefulSets; a component has exactly one`,
      )
    if (declared.public && versionServices(objects).length === 0)
      throw new BadManifest(
        `${file}: the public component has no Service${objects.length > 1 ? ' but the one by which its pods find each other' : ''}; add one, the routes lead to it`,
      )
    const host = HOST_OF_SLOT.exec(JSON.stringify(controllers.filter(isSet)))?.[0]
    if (host)
      throw new BadManifest(
        `${file}: a StatefulSet's pods stay when their version is promoted, and ${host} is another one then; name the Service itself`,
      )
    return { component, objects, isFound: false }
  })
}

/** The Job by which the service migrates; null where it declares none. Throws a BadManifest. */
export function readMigration({ migration }: KubernetesConfig, root: string): ManifestObject | null {
  if (!migration) return null
  const { manifest: file } = migration
  const [job, ...others] = readObjects(resolve(root, file), file)
  if (job?.kind !== 'Job' || others.length > 0)
    throw new BadManifest(`${file}: a migration is one Job and nothing else`)
  return job
}

function readObjects(path: string, file: string): ManifestObject[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new BadManifest(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  const documents = parseAllDocuments(text)
  if ('empty' in documents) throw new BadManifest(`${file}: it is empty`)
  for (const { errors } of documents) if (errors[0]) throw new BadManifest(`${file}: ${errors[0].message}`)
  return documents
    .map((one) => one.toJS() as ManifestObject | null)
    .filter((one) => one !== null)
    .map((one) => {
      if (!one.kind || !one.metadata?.name)
        throw new BadManifest(`${file}: an object has no kind or no metadata.name`)
      return one
    })
}

/** The public component's Service: what the routes lead to before any version. */
export function publicServiceOf(config: KubernetesConfig, manifests: readonly Manifest[]): string {
  const one = manifests.find(({ component }) => config.components[component]?.public)
  return (one && versionServices(one.objects)[0]?.metadata.name) ?? ''
}

/** The components that are StatefulSets, each with its file, for people. */
export function inPlaceParts(config: KubernetesConfig, manifests: readonly Manifest[]): string[] {
  return manifests
    .filter((one) => hasSets({ manifests: [one] }))
    .map(({ component }) => `${component} (${config.components[component]?.manifest})`)
}
