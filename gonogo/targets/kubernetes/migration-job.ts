import { createHash } from 'node:crypto'
import type { KubernetesObject, V1Container, V1Job, V1PodSpec } from '@kubernetes/client-node'
import type { Migration } from '../target.ts'
import { configMapOf, filled, imageOf, labelOf } from './render.ts'
import type { ManifestObject } from './saved-state.ts'

export const JOB_API = 'batch/v1'
export type Job = V1Job & KubernetesObject

/** Told apart from the versions' own labels: no Service and no count of pods may take a migration for an instance. */
export const MIGRATES = 'gonogo.dev/migrates'
/** The call that made it. */
export const KEY = 'gonogo.dev/key'

const NAME_LENGTH = 30
const HASH_LENGTH = 10

/** One name for a deployment and a direction, whichever attempt (`#N`) asks. */
export function jobName(of: string, { direction }: Migration, key: string): string {
  const hash = createHash('sha256').update(key.replace(/#\d+$/, '')).digest('hex').slice(0, HASH_LENGTH)
  return `${of.slice(0, NAME_LENGTH)}-migrate-${direction}-${hash}`
}

type Rendering = {
  readonly namespace: string
  readonly of: string
  readonly manifest: ManifestObject
  readonly limitMs: number
}

/**
 * The manifest's Job for one migration: tried once, for so long, and restricted as Pod Security has it wherever the manifest
 * does not say otherwise. Throws a BadManifest.
 */
export function renderJob(
  { namespace, of, manifest, limitMs }: Rendering,
  migration: Migration,
  key: string,
): Job {
  const { workload, direction, to } = migration
  const values = new Map([
    ['image', imageOf(workload)],
    ['version', workload.version],
    ['config', configMapOf({ namespace, of, workload }).metadata?.name ?? ''],
    ['direction', direction],
    ['to', String(to ?? '')],
  ])
  const { metadata, spec } = filled(manifest, values, 'the migration') as unknown as Job
  const labels = { [MIGRATES]: of, 'gonogo.dev/migrates-to': labelOf(workload.version) }
  const template = spec?.template
  return {
    apiVersion: JOB_API,
    kind: 'Job',
    metadata: {
      name: jobName(of, migration, key),
      namespace,
      labels: { ...metadata?.labels, ...labels },
      annotations: { ...metadata?.annotations, [KEY]: key },
    },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(limitMs / 1000),
      template: {
        metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, ...labels } },
        spec: { ...restricted(template?.spec), restartPolicy: 'Never' },
      },
    },
  }
}

function restricted(pod: V1PodSpec | undefined): V1PodSpec {
  return {
    automountServiceAccountToken: false,
    ...pod,
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      ...pod?.securityContext,
    },
    containers: (pod?.containers ?? []).map(restrictedContainer),
    ...(pod?.initContainers && { initContainers: pod.initContainers.map(restrictedContainer) }),
  }
}

const restrictedContainer = (container: V1Container): V1Container => ({
  ...container,
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    ...container.securityContext,
  },
})
