import type { KubernetesObject } from '@kubernetes/client-node'
import { z } from 'zod'
import { type Cluster, openCluster } from '#connectors/kubernetes/index.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import type { Migration, Workload } from '../target.ts'
import type { KubernetesConfig, RouteRef } from './config.ts'
import { differences } from './differences.ts'
import { JOB_API, renderJob } from './migration-job.ts'
import { publicServiceOf, readManifests, readMigration } from './read-manifests.ts'
import { type RenderedVersion, renderVersion } from './render.ts'
import { changesTo, ROUTE_API, type Route, sharesByRule } from './route.ts'
import type { Slot } from './slots.ts'
import { othersInTemplate } from './take-template.ts'

/** What a deployment would do to one object. */
export type PlannedChange = {
  readonly kind: string
  readonly name: string
  /** When in the deployment. */
  readonly when: 'migrate' | 'deploy' | 'step' | 'promote'
  readonly action: 'create' | 'change' | 'none' | 'refused'
  /** Each value that differs; why it is refused. */
  readonly lines: readonly string[]
}

export type Planned = {
  readonly config: KubernetesConfig
  readonly root: string
  readonly workload: Workload
}

/** What a plan says of a deployment, beside its objects. */
export type PlannedActs = {
  /** Per cent of the traffic that the first step gives to the new version. */
  readonly firstWeight: number
  readonly migration: Migration | null
}

const anySchema = z.looseObject({})

/** Asks the cluster, by server-side dry runs, what a deployment would make and change. Changes nothing. */
export async function plannedChanges(planned: Planned, acts: PlannedActs): Promise<PlannedChange[]> {
  const { config, root, workload } = planned
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
  const of = publicServiceOf(config, readManifests(config, root))
  const changes: PlannedChange[] = []
  if (acts.migration) changes.push(await plannedMigration(cluster, planned, of, acts.migration))
  for (const { when, object } of objects) changes.push(await plannedChange(cluster, when, object))
  for (const ref of config.routes)
    changes.push(await plannedShares(cluster, config, ref, of, acts.firstWeight))
  // In the order of the deployment.
  return MOMENTS.flatMap((moment) => changes.filter(({ when }) => when === moment))
}

const MOMENTS: readonly PlannedChange['when'][] = ['migrate', 'deploy', 'step', 'promote']

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
  return told({ kind, name, when }, async () => {
    const after = await cluster.dryRun(path, { ...object, apiVersion }, anySchema)
    if (!live) return { action: 'create', lines: [] }
    return changed([...differences(live, after), ...takenOver(when, kind, live)])
  })
}

/** The first step's shares, by the patch that the step would make. */
async function plannedShares(
  cluster: Cluster,
  { namespace }: KubernetesConfig,
  { kind, name }: RouteRef,
  of: string,
  weight: number,
): Promise<PlannedChange> {
  const path = `/apis/${ROUTE_API}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`
  return told({ kind, name, when: 'step' }, async () => {
    const live = (await cluster.find(path, anySchema)) as Route | null
    if (!live) return refused(`there is none in ${namespace}`)
    if (sharesByRule(live, of).length === 0) return refused(`no rule of it leads to Service ${of}`)
    const operations = changesTo(live, of, { stable: 100 - weight, canary: weight })
    return changed(differences(live, await cluster.dryRunPatch(path, operations, anySchema)))
  })
}

async function plannedMigration(
  cluster: Cluster,
  { config, root }: Planned,
  of: string,
  migration: Migration,
): Promise<PlannedChange> {
  // The rest of its name comes from the deployment.
  const name = `${of}-migrate-${migration.direction}-…`
  return told({ kind: 'Job', name, when: 'migrate' }, async () => {
    const manifest = readMigration(config, root)
    if (!manifest || !config.migration) return refused('target.migration is not declared')
    const { namespace, migration: declared } = config
    const job = renderJob({ namespace, of, manifest, limitMs: declared.limitMs }, migration, 'plan')
    await cluster.dryRunCreate(`/apis/${JOB_API}/namespaces/${namespace}/jobs`, job, anySchema)
    return { action: 'create', lines: [] }
  })
}

type Told = Pick<PlannedChange, 'action' | 'lines'>
const refused = (why: string): Told => ({ action: 'refused', lines: [why] })
const changed = (lines: readonly string[]): Told => ({ action: lines.length > 0 ? 'change' : 'none', lines })

/** What the cluster says of it; its refusal is an answer, too. */
async function told(
  of: Pick<PlannedChange, 'kind' | 'name' | 'when'>,
  ask: () => Promise<Told>,
): Promise<PlannedChange> {
  try {
    return { ...of, ...(await ask()) }
  } catch (problem) {
    if (!(problem instanceof ReadingProblem)) throw problem
    return { ...of, ...refused(problem.message) }
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
