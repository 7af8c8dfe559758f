/** What gonogo may do in a cluster, and what for: the manifests in deploy/gonogo grant it, `gonogo doctor` asks for it. */
export type Grant = {
  readonly group: string
  readonly resource: string
  readonly verbs: readonly string[]
  /** In the service's namespace, or of the whole cluster. */
  readonly scope: 'namespace' | 'cluster'
  /** This one object only. */
  readonly name?: string
  /** Only where one of these items is bound; always without. */
  readonly items?: readonly string[]
  /** Only where the service file says so: counters of each pod through the API server. Granted by a manifest of its own. */
  readonly isForPodMetrics?: true
}

/** The manifest in deploy/gonogo/ that grants it. */
export function manifestOf({ scope, isForPodMetrics }: Grant): string {
  if (isForPodMetrics) return 'pod-metrics.yaml'
  return scope === 'namespace' ? 'role.yaml' : 'cluster-reader.yaml'
}

const inNamespace = (group: string, resource: string, verbs: string, ...items: string[]): Grant => ({
  group,
  resource,
  verbs: verbs.split(' '),
  scope: 'namespace',
  ...(items.length > 0 && { items }),
})

export const ROUTES = 'gateway.networking.k8s.io'

export const GRANTS: readonly Grant[] = [
  inNamespace('apps', 'deployments', 'get list watch create patch delete'),
  inNamespace('apps', 'statefulsets', 'get list watch create patch delete'),
  inNamespace('apps', 'replicasets', 'list'),
  inNamespace('apps', 'controllerrevisions', 'list'),
  inNamespace('', 'services', 'get list watch create patch delete'),
  inNamespace('', 'configmaps', 'get list create update patch delete'),
  // Deleted is one that keeps a StatefulSet from replacing it.
  inNamespace('', 'pods', 'get list watch delete'),
  inNamespace('', 'pods/log', 'get'),
  inNamespace('discovery.k8s.io', 'endpointslices', 'list'),
  inNamespace(ROUTES, 'httproutes', 'get list watch patch'),
  inNamespace(ROUTES, 'grpcroutes', 'get list watch patch'),
  inNamespace('autoscaling', 'horizontalpodautoscalers', 'list watch'),
  inNamespace('policy', 'poddisruptionbudgets', 'list'),
  inNamespace('coordination.k8s.io', 'leases', 'get create update delete'),
  // Migrations.
  inNamespace('batch', 'jobs', 'get list create delete'),
  inNamespace('', 'events', 'list'),
  inNamespace('', 'pods', 'create delete', '1.3.5', '1.3.8'),
  inNamespace('networking.k8s.io', 'networkpolicies', 'list', '1.3.5'),
  inNamespace('', 'resourcequotas', 'list', '1.3.2'),
  inNamespace('', 'persistentvolumeclaims', 'get', '1.3.2'),
  inNamespace('', 'namespaces', 'get', '1.3.1'),
  inNamespace('metrics.k8s.io', 'pods', 'list', '2.4.1', '3.3.4.4', '4.2.2'),
  { ...inNamespace('', 'pods/proxy', 'get'), isForPodMetrics: true },
  { group: '', resource: 'nodes', verbs: ['list'], scope: 'cluster', items: ['1.3.1', '1.3.2'] },
  { group: '', resource: 'pods', verbs: ['list'], scope: 'cluster', items: ['1.3.2'] },
  {
    group: '',
    resource: 'namespaces',
    name: 'kube-system',
    verbs: ['get'],
    scope: 'cluster',
    items: ['1.3.1'],
  },
]
