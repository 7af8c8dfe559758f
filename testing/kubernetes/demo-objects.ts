import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { POD_RANGE, ROUTER_PORT, SERVICE_RANGE } from './places.ts'

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url))
/** Changes with a Secret's value, here with each demo. */
export const SECRET_VERSION = 'clawdbot.example/version'

export type DemoEnvironment = {
  readonly namespace: string
  /** The route's host name; null: every name that no other route has. */
  readonly host: string | null
}

export type DemoSecrets = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What a manifest of `deploy/` says, without what it sets up for other namespaces. */
const manifests = (path: string): object[] =>
  parseAllDocuments(readFileSync(join(DEPLOY, path), 'utf8')).map((one) => one.toJS())

const restricted = 'pod-security.kubernetes.io/enforce'

export const namespaceOf = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { [restricted]: 'restricted' } },
})

/** What a cluster's owner gives a namespace before gonogo deploys there: a gateway, a route, policies, identities. */
export const placeObjects = ({ host }: DemoEnvironment): object[] => [
  ...['gonogo/role.yaml', 'gonogo/backup.yaml'].flatMap(manifests),
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'gateway' },
    spec: {
      gatewayClassName: 'traefik',
      listeners: [{ name: 'web', port: ROUTER_PORT, protocol: 'HTTP' }],
    },
  },
  ...manifests('clawdbot/route.yaml').map((route) => withHost(route, host)),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'clawdbot' },
    spec: {
      podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'clawdbot' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [8080, 8081, 8082, 8083].map((port) => ({ port })) }],
      // Each other, the database and the name server on the node; nothing beyond.
      egress: [{ to: [POD_RANGE, SERVICE_RANGE].map((cidr) => ({ ipBlock: { cidr } })) }],
    },
  },
]

function withHost(route: object, host: string | null): object {
  const { spec } = route as { spec: object }
  return host === null ? route : { ...route, spec: { ...spec, hostnames: [host] } }
}

export const secretObjects = (secrets: DemoSecrets, version: string): object[] =>
  Object.entries(secrets).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, annotations: { [SECRET_VERSION]: version } },
    stringData,
  }))

/**
 * What gonogo's account may read beyond its namespaces: nodes, and their readings of what pods use, which no metrics server
 * passes on here. Outside of a cluster for tests, give it a metrics server instead of nodes/proxy.
 */
export const readerObjects = (name: string, namespaces: readonly string[]): object[] => [
  ...manifests('gonogo/cluster-reader.yaml')
    .filter((one) => (one as { kind: string }).kind === 'ClusterRole')
    .map((one) => withUsage(one, name)),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: namespaces.map((namespace) => ({ kind: 'ServiceAccount', name: 'gonogo', namespace })),
  },
]

function withUsage(role: object, name: string): object {
  const { rules } = role as { rules: object[] }
  const usage = { apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] }
  return { ...role, metadata: { name }, rules: [...rules, usage] }
}
