import type { KubernetesObject } from '@kubernetes/client-node'
import { z } from 'zod'
import { type Cluster, openCluster } from '#connectors/kubernetes/index.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import type { Workload } from '../target.ts'
import type { KubernetesConfig } from './config.ts'
import { differences } from './differences.ts'
import { publicServiceOf, readManifests } from './read-manifests.ts'
import { type RenderedVersion, renderVersion } from './render.ts'
import type { Slot } from './slots.ts'
import { othersInTemplate } from './take-template.ts'

/** What a deployment would do to one object. */
export type PlannedChange = {
  readonly kind: string
  readonly name: string
  /** When in the deployment. */
  readonly when: 'deploy' | 'promote'
  readonly action: 'create' | 'change' | 'none' | 'refused'
  /** Each value that differs; why it is refused. */
  readonly lines: readonly string[]
}

export type Planned = {
  readonly config: KubernetesConfig
  readonly root: string
  readonly workload: Workload
}

const anySchema = z.looseObject({})

/** Asks the cluster, by server-side dry runs, what it would make of the release's objects. Changes nothing. */
export async function plannedChanges({ config, root, workload }: Planned): Promise<PlannedChange[]> {
  const cluster = openCluster({ root, kubeconfig: config.kubeconfig, context: config.context })
  const rendered = (slot: Slot) => renderPlanned({ config, root, workload }, slot)
  const [canary, stable] = [rendered('canary'), rendered('stable')]
  const objects = [
    { when: 'deploy' as const, object: canary.configMap },
    ...objectsOf(canary).map((object) => ({ when: 'deploy' as const, object })),
    // A StatefulSet is in no slot, and changes once.
    ...objectsOf(stable)
      .filter((object) => !objectsOf(canary).some((one) => isSameObject(one, object)))
      .map((object) => ({ when: 'promote' as const, object })),
  ]
  const changes: PlannedChange[] = []
  for (const { when, object } of objects) changes.push(await plannedChange(cluster, when, object))
  return changes
}

/** A version's objects as they would be, from the manifests as they are now. Throws a BadManifest. */
export function renderPlanned({ config, root, workload }: Planned, slot: Slot): RenderedVersion {
  const manifests = readManifests(config, root)
  const of = publicServiceOf(config, manifests)
  const { namespace } = config
  return renderVersion({ namespace, of, workload, manifests, slot, replicas: workload.replicas })
}

const objectsOf = ({ components }: RenderedVersion): KubernetesObject[] =>
  components.flatMap(({ services, controller }) => [...services, controller])

const isSameObject = (one: KubernetesObject, other: KubernetesObject): boolean =>
  one.kind === other.kind && one.metadata?.name === other.metadata?.name

async function plannedChange(
  cluster: Cluster,
  when: PlannedChange['when'],
  object: KubernetesObject,
): Promise<PlannedChange> {
  const { apiVersion = 'v1', kind = '', metadata } = object
  const { name = '', namespace = '' } = metadata ?? {}
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  const path = `${base}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`
  const live = await cluster.find(path, anySchema)
  try {
    const after = await cluster.dryRun(path, { ...object, apiVersion }, anySchema)
    const lines = live ? [...differences(live, after), ...takenOver(when, kind, live)] : []
    const action = live ? (lines.length > 0 ? 'change' : 'none') : 'create'
    return { kind, name, when, action, lines }
  } catch (problem) {
    if (!(problem instanceof ReadingProblem)) throw problem
    return { kind, name, when, action: 'refused', lines: [problem.message] }
  }
}

/** A dry run of the apply alone does not know that a promotion makes the whole template gonogo's. */
function takenOver(when: PlannedChange['when'], kind: string, { metadata }: KubernetesObject): string[] {
  if (when !== 'promote' || kind !== 'Deployment') return []
  const others = othersInTemplate(metadata?.managedFields ?? [])
  return others.length > 0
    ? [`spec.template: what ${others.join(', ')} put there and the manifest has not is removed`]
    : []
}
