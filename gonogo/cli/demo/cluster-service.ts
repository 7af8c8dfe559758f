import { join } from 'node:path'
import { z } from 'zod'
import type { LeftToCast } from './cast.ts'

const address = z.strictObject({ host: z.string(), port: z.number() })

/** What the cluster's side of the demo says of itself. */
export const clusterPlaceSchema = z.strictObject({
  /** Uid of kube-system. */
  cluster: z.string(),
  /** What pods must not reach and what they must, and an image that tries it (1.3.5). */
  outside: address,
  inside: address,
  image: z.string(),
  environments: z.record(z.string(), z.strictObject({ namespace: z.string(), url: z.string() })),
})
export type ClusterPlace = z.infer<typeof clusterPlaceSchema>

/** What a process takes from its environment and a pod from its release's configuration. */
export const CONFIG: Readonly<Record<string, string>> = {
  AGENT_DEADLINE_MS: '2000',
  BREAKER_OPEN_MS: '1000',
  CANARIES: 'canary-of-clawdbot-51c07e9b',
  CORS_ORIGINS: 'https://app.clawdbot.internal',
  MODELS: 'clawdbot-stub',
  RATE_LIMIT_PER_MINUTE: '600',
}

/** Proofs that this cluster does not allow, and why; the cast attests these items. */
export const UNPROVEN: LeftToCast = {
  '1.3.6': 'the router has no certificate here',
  '2.1.1': 'no check takes a backup of PostgreSQL yet',
  '2.1.5': 'no check takes a backup of PostgreSQL yet',
  'A.4.5': 'no check takes a backup of PostgreSQL yet',
  '4.4.6': 'what runs is an image, and no scanner of images is here',
  '1.2.7': 'A.3.1 is left to the cast',
  'A.2.4': 'no check restarts a pod',
  'A.3.1': 'the manifests are in the image',
  'A.3.3': 'a sandbox makes namespaces, which a restricted pod may not, so no skill runs that would need it',
  'A.3.4': 'a sandbox makes namespaces, which a restricted pod may not, so no skill runs that would need it',
  'A.3.5': 'skills are in the image, and none can be added to a pod',
}

/** A node measures what pods use every 10 to 15 s. */
const MEASURED_WITHIN = '20s'
const SLOWER = { watch: '45s', firstHour: '15s' }

type Environment = { readonly target: object; readonly access: object; readonly [key: string]: unknown }
type ServiceFile = {
  readonly policy: object
  readonly checklist: string
  readonly environments: Readonly<Record<string, Environment>>
  readonly checks: Readonly<Record<string, unknown>>
}

/**
 * The demo's service file for a cluster: `gonogo.yaml` with other environments, and with the checks that a cluster changes.
 * `sources` is this repository's folder.
 */
export function clusterService<T extends ServiceFile>(file: T, place: ClusterPlace, sources: string): object {
  const environments = Object.entries(file.environments).map(([name, { access, region }]) => [
    name,
    {
      access: { ...access, database: `\${file:${databaseFileOf(name)}}` },
      region,
      target: targetOf(place, name, sources),
    },
  ])
  const { namespace = '' } = place.environments.production ?? {}
  const kept = Object.entries(file.checks).filter(([id]) => !(id in UNPROVEN))
  return {
    ...file,
    checklist: join(sources, file.checklist),
    environments: Object.fromEntries(environments),
    policy: { ...file.policy, ...SLOWER },
    checks: {
      ...Object.fromEntries(kept),
      ...clusterChecks(place, namespace),
      '3.3.2.5': { ...(file.checks['3.3.2.5'] as object), postgres: 'database' },
    },
  }
}

function targetOf(place: ClusterPlace, name: string, sources: string): object {
  const manifest = (file: string) => join(sources, 'deploy', 'clawdbot', file)
  const { namespace, url } = place.environments[name] ?? { namespace: '', url: '' }
  return {
    kind: 'kubernetes',
    kubeconfig: kubeconfigOf('gonogo', namespace),
    namespace,
    routes: [{ name: 'clawdbot' }],
    url,
    router: { kind: 'traefik', metrics: 'http://127.0.0.1:8081/metrics' },
    // A check tells the model's stub how to behave: it must be the one that the gateway under test ends up at.
    replicas: 1,
    readyTimeoutMs: 60_000,
    migration: { manifest: manifest('migration.yaml'), limitMs: 60_000 },
    components: {
      model: { manifest: manifest('model-stub.yaml') },
      skills: { manifest: manifest('skills.yaml') },
      agent: { manifest: manifest('agent.yaml') },
      gateway: { manifest: manifest('gateway.yaml'), public: true },
    },
  }
}

/** Where the cluster's side writes the address of an environment's PostgreSQL. */
const databaseFileOf = (environment: string): string => `.gonogo/demo/database/${environment}`

const kubeconfigOf = (account: string, namespace: string): string =>
  `.gonogo/demo/kubernetes/${account}.${namespace}.kubeconfig`

function clusterChecks({ cluster, outside, inside, image }: ClusterPlace, namespace: string): object {
  const kubeconfig = kubeconfigOf('gonogo-backup', namespace)
  return {
    '1.2.3': { kubeconfig, annotation: 'clawdbot.example/version' },
    '1.3.1': { cluster, namespace, version: '1.34' },
    '1.3.2': {},
    // It says that it is not ready without the agent.
    '1.3.8': { unready: { AGENT_URL: 'http://127.0.0.1:9' } },
    '1.3.5': { forbidden: outside, allowed: inside, image, settle: '8s' },
    '2.4.1': { window: MEASURED_WITHIN },
    '3.3.4.4': { limits: { memory: '512Mi', cpu: '1' }, ratio: 5, window: MEASURED_WITHIN },
    '2.1.2': {
      kubeconfig,
      folder: '.gonogo/demo/configuration',
      keyFile: '.gonogo/demo/keys/backup.key',
    },
  }
}
