import type { KubernetesObject } from '@kubernetes/client-node'
import type { Controller } from './cluster-api.ts'
import { CONTROLLERS, controllerIn, hasSets, isSet } from './controllers.ts'
import { LABELS } from './render.ts'
import type { Manifest, ManifestObject, VersionRecord } from './saved-state.ts'
import { refused, type World } from './world.ts'

type Found = { readonly record: VersionRecord | null; readonly problem: ReturnType<typeof refused> | null }

/**
 * The version that ran before gonogo's first deployment here. Its objects must carry the labels by which versions are
 * told apart: without them its Service would send users to the canary's pods, too.
 */
export async function findStable(world: World, manifests: readonly Manifest[]): Promise<Found> {
  const found: Manifest[] = []
  let main: Controller | null = null
  for (const manifest of manifests) {
    const { component, objects } = manifest
    const own: ManifestObject[] = []
    for (const { kind, metadata } of objects) {
      const isController = CONTROLLERS.includes(kind)
      const live = await world.api.read<KubernetesObject>(
        isController ? 'apps/v1' : 'v1',
        kind,
        metadata.name,
      )
      if (!live) continue
      const problem = labelProblem(world, manifest, live)
      if (problem) return { record: null, problem: refused('not-prepared', problem) }
      own.push(asManifest(live))
      if (isController && world.config.components[component]?.public) main = live as Controller
    }
    // A component that comes with the release is of no version yet.
    if (controllerIn(own)) found.push({ component, objects: own, isFound: true })
  }
  if (!main) return { record: null, problem: null }
  return recordOf(main, found)
}

/** What keeps versions of the object from being told apart; null when nothing does. */
export function labelProblem(
  world: Pick<World, 'config' | 'of'>,
  manifest: Pick<Manifest, 'component' | 'objects'>,
  live: KubernetesObject,
): string | null {
  const name = `${live.kind} ${live.metadata?.name} in ${world.config.namespace}`
  if (live.kind === 'Service') {
    const { selector } = (live as { spec?: { selector?: Record<string, string> } }).spec ?? {}
    // What leads to a StatefulSet's pods is told their version before there are pods of another.
    return selector?.[LABELS.slot] === 'stable' || hasSets({ manifests: [asFound(manifest)] })
      ? null
      : `${name} would select the pods of a canary, too; add ${LABELS.slot}: stable to its selector, after the pods have that label`
  }
  const labels = (live as Controller).spec?.template.metadata?.labels ?? {}
  const ofSet = isSet(live)
  if (ofSet && labels[LABELS.slot] !== undefined)
    return `${name} is shared by versions, and its pods are in no slot; take ${LABELS.slot} out of the labels of its pod template`
  const wanted = {
    [LABELS.of]: world.of,
    [LABELS.component]: manifest.component,
    ...(!ofSet && { [LABELS.slot]: 'stable' }),
  }
  const missing = Object.entries(wanted).filter(([label, value]) => labels[label] !== value)
  if (!labels[LABELS.version]) missing.push([LABELS.version, 'VERSION'])
  if (missing.length === 0) return null
  const lines = missing.map(([label, value]) => `${label}: ${value}`)
  return `${name} was not deployed by gonogo; add to the labels of its pod template: ${lines.join(', ')}`
}

const asFound = (manifest: Pick<Manifest, 'component' | 'objects'>): Manifest => ({
  ...manifest,
  isFound: true,
})

function recordOf(main: Controller, manifests: Manifest[]): Found {
  const { template, replicas = 1 } = main.spec ?? {}
  const image = template?.spec?.containers[0]?.image ?? ''
  const digest = image.split('@')[1]
  if (!digest)
    return {
      record: null,
      problem: refused(
        'not-prepared',
        `${main.kind} ${main.metadata?.name} runs ${image}, a name that may mean another image tomorrow; give it by its digest (NAME@sha256:…)`,
      ),
    }
  const version = template?.metadata?.labels?.[LABELS.version] ?? ''
  const workload = { version, artifact: image, digest, replicas, config: {} }
  return { record: { workload, manifests, desired: replicas, slot: 'stable' }, problem: null }
}

/** What a person would have written: without what the cluster added. */
function asManifest(live: KubernetesObject): ManifestObject {
  const { apiVersion, kind = '', metadata } = live
  const { spec } = live as { spec?: Record<string, unknown> }
  const { clusterIP, clusterIPs, ...kept } = spec ?? {}
  const { name = '', labels, annotations = {} } = metadata ?? {}
  const own = Object.entries(annotations).filter(
    ([key]) => !/^(deployment|kubectl)\.kubernetes\.io\//.test(key),
  )
  // Without an address at all is what a person wrote.
  const headless = clusterIP === 'None' && { clusterIP }
  return {
    apiVersion,
    kind,
    metadata: { name, labels, annotations: Object.fromEntries(own) },
    spec: { ...kept, ...headless },
  }
}
