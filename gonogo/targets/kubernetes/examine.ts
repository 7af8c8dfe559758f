import type { KubernetesObject } from '@kubernetes/client-node'
import { z } from 'zod'
import { type Cluster, mayDo, openCluster, versionSchema } from '#connectors/kubernetes/index.ts'
import { isOwnCluster } from '#connectors/kubernetes/kube-config.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import { type MetricsSettings, wayToInstances } from '#core/metrics-settings.ts'
import type { KubernetesConfig } from './config.ts'
import { CONTROLLERS } from './controllers.ts'
import { labelProblem } from './found-stable.ts'
import { GRANTS, type Grant, manifestOf, ROUTES } from './permissions.ts'
import { BadManifest, publicServiceOf, readManifests } from './read-manifests.ts'
import { ROUTE_API, type Route } from './route.ts'
import type { Manifest } from './saved-state.ts'
import { nameIn, SLOTS } from './slots.ts'

/** One thing that gonogo needs there: whether it is so, and what to do where it is not. */
export type Finding = {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
  readonly remedy: string | null
}

export type Examined = {
  readonly config: KubernetesConfig
  readonly root: string
  /** Items with a block in the service file: what only others need is not asked for. */
  readonly bound: readonly string[]
  readonly metrics?: MetricsSettings | undefined
}

const good = (what: string, detail: string): Finding => ({ what, ok: true, detail, remedy: null })
const bad = (what: string, detail: string, remedy: string): Finding => ({ what, ok: false, detail, remedy })

const APIS = ['apps/v1', 'batch/v1', 'coordination.k8s.io/v1', 'autoscaling/v2', ROUTE_API] as const

/** Looks at everything that a deployment needs of the cluster, and changes nothing. */
export async function examineCluster({ config, root, bound, metrics }: Examined): Promise<Finding[]> {
  const { kubeconfig, context } = config
  let cluster: Cluster
  let version: string
  try {
    cluster = openCluster({ root, kubeconfig, context })
    version = (await cluster.get('/version', versionSchema)).gitVersion
  } catch (problem) {
    const remedy = 'correct target.kubeconfig or target.context, or bring the cluster up'
    return [bad('cluster', said(problem), remedy)]
  }
  const asksPods = metrics?.source === 'instances'
  const isRelayed = asksPods && wayToInstances(metrics, !isOwnCluster(cluster.server)) === 'api-server'
  const parts = await Promise.all([
    ...APIS.filter((api) => api !== ROUTE_API || config.routes.length > 0).map((api) =>
      apiFinding(cluster, api, config),
    ),
    ...GRANTS.filter(({ items }) => !items || items.some((one) => bound.includes(one)))
      .filter(({ isForPodMetrics }) => !isForPodMetrics || isRelayed)
      .filter(({ group }) => group !== ROUTES || config.routes.length > 0)
      .map((grant) => grantFinding(cluster, grant, config)),
    objectFindings(cluster, config, root),
  ])
  return [good('cluster', `${cluster.server}, ${version}`), ...parts.flat()]
}

async function apiFinding(cluster: Cluster, api: string, config: KubernetesConfig): Promise<Finding> {
  const schema = z.object({ resources: z.array(z.object({ name: z.string() })) })
  const found = await cluster.find(`/apis/${api}`, schema).catch((error: Error) => error)
  if (found instanceof Error)
    return bad(
      `API ${api}`,
      `cannot be read: ${found.message}`,
      'see that the API answers, and whom it lets read this',
    )
  const wanted = api === ROUTE_API ? config.routes.map(({ kind }) => `${kind.toLowerCase()}s`) : []
  const names = found?.resources.map(({ name }) => name) ?? []
  const missing = wanted.find((one) => !names.includes(one))
  if (found && missing === undefined) return good(`API ${api}`, 'is there')
  const what = missing && found ? `has no ${missing}` : 'is not there'
  const remedy =
    api === ROUTE_API
      ? 'install the Gateway API (standard channel, v1)'
      : 'use a cluster of version 1.29 or newer'
  return bad(`API ${api}`, what, remedy)
}

async function grantFinding(cluster: Cluster, grant: Grant, config: KubernetesConfig): Promise<Finding> {
  const { group, resource, verbs, scope, name } = grant
  const namespace = scope === 'namespace' ? config.namespace : null
  // A namespace is asked for within itself.
  const within = name !== undefined && resource === 'namespaces' ? name : namespace
  const what = `${scope === 'namespace' ? '' : 'cluster-wide '}${resource}${group ? `.${group}` : ''}${name ? ` ${name}` : ''}`
  try {
    const answers = await Promise.all(
      verbs.map((verb) =>
        mayDo(cluster, { verb, group, resource, namespace: within, ...(name !== undefined && { name }) }),
      ),
    )
    const missing = verbs.filter((_verb, index) => !answers[index])
    if (missing.length === 0) return good(`may ${verbs.join(', ')} ${what}`, 'granted')
    const items = grant.items ? `, which ${grant.items.join(', ')} need` : ''
    const metrics = grant.isForPodMetrics ? ', which metrics of instances need from outside the cluster' : ''
    return bad(
      `may ${verbs.join(', ')} ${what}`,
      `may not ${missing.join(', ')}${items}${metrics}`,
      `kubectl apply -n ${config.namespace} -f deploy/gonogo/${manifestOf(grant)}`,
    )
  } catch (problem) {
    return bad(
      `may ${verbs.join(', ')} ${what}`,
      said(problem),
      'let this identity make SelfSubjectAccessReviews',
    )
  }
}

const anySchema = z.looseObject({})

async function objectFindings(cluster: Cluster, config: KubernetesConfig, root: string): Promise<Finding[]> {
  let manifests: Manifest[]
  try {
    manifests = readManifests(config, root)
  } catch (problem) {
    if (!(problem instanceof BadManifest)) throw problem
    return [bad('manifests', problem.message, 'correct the file')]
  }
  const of = publicServiceOf(config, manifests)
  const routes = config.routes.map((route) => routeFinding(cluster, config, route, of))
  const labels = manifests.flatMap((manifest) =>
    manifest.objects.map(({ kind, metadata: { name } }) =>
      labelFinding(cluster, config, of, manifest, kind, name),
    ),
  )
  return Promise.all([...routes, ...labels])
}

async function routeFinding(
  cluster: Cluster,
  { namespace }: KubernetesConfig,
  { kind, name }: KubernetesConfig['routes'][number],
  of: string,
): Promise<Finding> {
  const what = `${kind} ${name}`
  try {
    const path = `/apis/${ROUTE_API}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`
    const route = (await cluster.find(path, anySchema)) as Route | null
    if (!route) return bad(what, `is not in ${namespace}`, 'create it, or correct target.routes')
    const names = SLOTS.map((slot) => nameIn(slot, of))
    const leads = route.spec?.rules?.some(({ backendRefs = [] }) =>
      backendRefs.some((ref) => names.includes(ref.name)),
    )
    return leads
      ? good(what, `leads to ${of}`)
      : bad(what, `leads nowhere to ${of}`, `add a backendRef to the Service ${of}`)
  } catch (problem) {
    return bad(what, said(problem), 'see the permissions above')
  }
}

async function labelFinding(
  cluster: Cluster,
  config: KubernetesConfig,
  of: string,
  manifest: Manifest,
  kind: string,
  name: string,
): Promise<Finding> {
  const what = `${kind} ${name}`
  try {
    const base = CONTROLLERS.includes(kind) ? '/apis/apps/v1' : '/api/v1'
    const path = `${base}/namespaces/${config.namespace}/${kind.toLowerCase()}s/${name}`
    const live = await cluster.find(path, anySchema)
    if (!live) return good(what, 'is not there yet; the first deployment makes it')
    const problem = labelProblem({ config, of }, manifest, { ...live, kind } as KubernetesObject)
    return problem === null
      ? good(what, 'has the labels by which versions are told apart')
      : bad(what, problem, 'see “A service that runs already” in docs/kubernetes.md')
  } catch (problem) {
    return bad(what, said(problem), 'see the permissions above')
  }
}

function said(problem: unknown): string {
  if (problem instanceof ReadingProblem) return problem.message
  throw problem
}
