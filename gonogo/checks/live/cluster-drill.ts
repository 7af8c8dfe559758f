import { stringify } from 'yaml'
import type { Json } from '#core/json.ts'
import type { CheckContext, EnvironmentAccess } from '../check.ts'
import { type Drill, type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillRelease, drillService } from '../drill-situation.ts'
import { type DrillObject, type DrillWorld, startDrillCluster } from './drill-cluster.ts'

export const NAMESPACE = 'shop'
export const CLUSTER_ID = '11111111-2222-4333-8444-555555555555'
export const IMAGE = `registry.internal/web@${drillRelease().digest}`

const labels = { app: 'web' }
export const container = {
  name: 'web',
  image: IMAGE,
  resources: { requests: { cpu: '500m', memory: '256Mi' } },
}

/** A Deployment of the drill's service; `spec` overrides its pods'. */
export const deployment = (spec: object = {}, more: object = {}): DrillObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: NAMESPACE, ...more },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container], ...spec } },
  },
})

const service: DrillObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: NAMESPACE },
  spec: { selector: labels, ports: [{ port: 80 }] },
}

export const node = (name: string, cpu = '4', overrides: object = {}): DrillObject => ({
  kind: 'Node',
  metadata: { name, labels: { 'topology.kubernetes.io/region': 'north-1' } },
  spec: {},
  status: {
    allocatable: { cpu, memory: '8Gi', 'ephemeral-storage': '10Gi', pods: '20' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
  ...overrides,
})

export const namespaces: readonly DrillObject[] = [
  { kind: 'Namespace', metadata: { name: 'kube-system', uid: CLUSTER_ID } as never },
  { kind: 'Namespace', metadata: { name: NAMESPACE } },
]

/** A small cluster on which the service runs as it should. */
export const clusterWorld = (
  more: readonly DrillObject[] = [],
  overrides: Partial<DrillWorld> = {},
): DrillWorld => ({
  objects: [...namespaces, node('node-1'), node('node-2'), deployment(), ...more],
  texts: { '/version': JSON.stringify({ gitVersion: 'v1.34.4' }) },
  names: { 'backup-token': 'keeper' },
  ...overrides,
})

export type ClusterSituation = {
  readonly world: DrillWorld
  /** The pods of the manifest that the release is deployed from. */
  readonly manifest?: object
  readonly files?: Readonly<Record<string, string>>
  readonly environment?: Partial<EnvironmentAccess>
  readonly context?: Partial<CheckContext>
  /** What the service file says besides. */
  readonly service?: Readonly<Record<string, Json>>
}

/** Starts the cluster and writes the service's files for it. */
export async function startCluster(
  scratch: DrillScratch,
  { world, manifest = {}, files = {}, environment = {}, context = {}, service: more = {} }: ClusterSituation,
): Promise<{ context: Partial<CheckContext>; close(): Promise<void> }> {
  const { url, close } = await startDrillCluster(world)
  await scratch.write('kubeconfig', kubeconfig(url, 'deploy-token'))
  await scratch.write('backup.kubeconfig', kubeconfig(url, 'backup-token'))
  await scratch.write('web.yaml', `${stringify(deployment(manifest))}---\n${stringify(service)}`)
  for (const [path, text] of Object.entries(files)) await scratch.write(path, text)
  const declared = {
    region: 'north-1',
    target: {
      kind: 'kubernetes',
      kubeconfig: 'kubeconfig',
      context: 'production',
      namespace: NAMESPACE,
      routes: [{ name: 'web' }],
      url: 'http://shop.internal',
      replicas: 2,
      components: { web: { manifest: 'web.yaml', public: true } },
    },
  }
  return {
    context: {
      service: drillService({ environments: { production: declared }, ...more }),
      environment: drillEnvironment(environment),
      release: drillRelease({ artifact: 'registry.internal/web' }),
      ...context,
    },
    close,
  }
}

const kubeconfig = (server: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'production',
    // The client takes plain HTTP only so.
    clusters: [{ name: 'production', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'gonogo', user: { token } }],
    contexts: [{ name: 'production', context: { cluster: 'production', user: 'gonogo' } }],
  })

export type ClusterFault = {
  readonly name: string
  readonly expect: 'fail' | 'unknown'
  readonly config?: Json
  readonly situation?: Partial<ClusterSituation>
}

/** The drill of a check that reads a cluster: each fault is the good situation with one thing changed. */
export const clusterDrill = (
  item: string,
  config: Json,
  good: ClusterSituation,
  faults: readonly ClusterFault[],
): Drill<null> =>
  defineDrill<null>({
    item,
    ground: async (scratch) => ({ config, ground: null, ...(await startCluster(scratch, good)) }),
    faults: [...clusterFaults(good, faults), unreachable(good)],
  })

/** For a check that knows other targets, too: its faults on a cluster, each with a config of its own. */
export const clusterFaults = (
  good: ClusterSituation,
  faults: readonly ClusterFault[],
  config?: Json,
): DrillFault<null>[] =>
  faults.map((fault) => ({
    name: `on a cluster: ${fault.name}`,
    expect: fault.expect,
    plant: async (_ground, scratch) => {
      const started = await startCluster(scratch, { ...good, ...fault.situation })
      const planted = fault.config ?? config
      return { ...started, ...(planted !== undefined && { config: planted }) }
    },
  }))

const unreachable = (good: ClusterSituation): DrillFault<null> => ({
  name: 'a cluster that cannot be reached',
  expect: 'unknown',
  plant: async (_ground, scratch) => {
    const started = await startCluster(scratch, good)
    await started.close()
    return { context: started.context }
  },
})
